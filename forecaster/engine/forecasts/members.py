"""What single views of a series' last fourteen days say about a slot ahead, as quantiles.

The analogs lead: what followed the sixty moments that were most like now (Delle Monache et al., Probabilistic
weather prediction with an analog ensemble, 2013). The others are climatologies and the last value. Slots are
numbered from the epoch. Plain scalar code, as in `memory`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.engine.forecasts.memory import DAYS, MISSING, level, newest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.engine.forecasts.memory import Codes, Floats, Moment

    Ranks = NDArray[np.int64]

MEMBERS = ("last", "analog", "analog_clock", "hours", "day", "week", "fortnight", "clock")
LAST, ANALOG, ANALOG_CLOCK, HOURS, DAY, WEEK, FORTNIGHT, CLOCK = range(len(MEMBERS))
LEAST = 8  # values, before quantiles are taken of them

NEIGHBOURS = 60
CANDIDATES = 57  # moments of a day that are compared
_HOUR_WEIGHT = 0.25  # an hour of clock distance, in half widths of the series' usual range
_BUCKETS = 512  # of distances; equally distant moments: the newer first
_FARTHEST = 2.56  # half widths, or hours times their weight
_SAMPLES = 400  # of a window, at most


def take_quantiles(values: Floats, count: int, quantiles: Floats, out: Floats) -> None:
    """Sort the first `count` values; their quantiles, linear in between (type 7), NaN of fewer than
    `LEAST`.
    """
    if count < LEAST:
        out[:] = np.nan
        return
    ordered = values[:count]
    ordered.sort()
    for row in range(len(quantiles)):
        place = (count - 1) * quantiles[row]
        low = int(place)
        high = min(low + 1, count - 1)
        out[row] = ordered[low] + (place - low) * (ordered[high] - ordered[low])


def window(ring: Codes, moment: Moment, length: int, out: Floats) -> int:
    """Some values of the last `length` slots, evenly spaced: how many."""
    count, stride = 0, 1 + length // _SAMPLES
    for at in range(moment.origin, max(moment.origin - length, moment.oldest - 1), -stride):
        code = ring[at % len(ring)]
        if code != MISSING:
            out[count] = code
            count += 1
    return count


def changes(ring: Codes, moment: Moment, ahead: int, out: Floats) -> int:
    """The last value plus its changes over `ahead` slots in the last seven days; what is farther ahead than
    seven days changes in proportion.
    """
    last, count, week = newest(ring, moment), 0, 7 * moment.day
    if last == MISSING:
        return 0
    stride, known = 1 + week // _SAMPLES, min(ahead, week)
    for at in range(moment.origin, max(moment.origin - week, moment.oldest + known - 1), -stride):
        now, then = ring[at % len(ring)], ring[(at - known) % len(ring)]
        if MISSING not in (now, then):
            out[count] = last + (float(now) - then) * ahead / known
            count += 1
    return count


def same_clock(ring: Codes, moment: Moment, ahead: int, out: Floats) -> int:
    """Values of the target's clock time ± 20 min, of the last seven days; of all where a slot is an hour."""
    day, count = moment.day, 0
    reach = max(1, day // 72) if day > 24 else 0
    nearest = moment.origin + ahead - day * -(-ahead // day)
    for back in range(7 if reach else DAYS):
        for off in range(-reach, reach + 1):
            at = nearest - day * back + off
            if moment.oldest <= at <= moment.origin and ring[at % len(ring)] != MISSING:
                out[count] = ring[at % len(ring)]
                count += 1
    return count


def candidates(ring: Codes, moment: Moment, scale: float, found: Ranks, far: Floats) -> int:
    """Past moments and how far they are from now: in level, far[0], in level and clock time, far[1]."""
    origin, day = moment.origin, moment.day
    now, count, stride, hour = level(ring, origin), 0, max(1, day // CANDIDATES), day / 24.0
    if np.isnan(now):
        return 0
    for at in range(origin - stride, moment.oldest + 1, -stride):
        if ring[at % len(ring)] != MISSING:
            off = (origin - at) % day
            found[count] = at
            far[0, count] = abs(level(ring, at) - now) / scale
            far[1, count] = far[0, count] + _HOUR_WEIGHT * min(off, day - off) / hour
            count += 1
    return count


def rank(far: Floats, found: Ranks, near: Ranks) -> None:
    """Put the moments `found` in order of their distances, roughly: by buckets, in each as they come."""
    starts = np.zeros(_BUCKETS + 1, np.int64)
    per = (_BUCKETS - 1) / _FARTHEST
    for i in range(len(found)):
        starts[int(min(far[i], _FARTHEST) * per) + 1] += 1
    for bucket in range(_BUCKETS):
        starts[bucket + 1] += starts[bucket]
    for i in range(len(found)):
        bucket = int(min(far[i], _FARTHEST) * per)
        near[starts[bucket]] = found[i]
        starts[bucket] += 1


def followed(ring: Codes, moment: Moment, ahead: int, near: Ranks, out: Floats) -> int:
    """What came `ahead` slots after the nearest moments for which it is known by now."""
    taken = 0
    for i in range(len(near)):
        then = near[i] + ahead
        if then <= moment.origin and ring[then % len(ring)] != MISSING:
            out[taken] = ring[then % len(ring)]
            taken += 1
            if taken == NEIGHBOURS:
                break
    return taken


def half_width(ordered: Floats, count: int) -> float:
    """Of the range that holds nine tenths of the ordered values, at least one code."""
    if count < LEAST:
        return 1.0
    high, low = ordered[int(0.95 * (count - 1))], ordered[int(0.05 * (count - 1))]
    return float(max((high - low) / 2.0, 1.0))


def speak(ring: Codes, moment: Moment, ahead: Ranks, quantiles: Floats, out: Floats) -> None:
    """Fill `out` (n_horizons, n_members, n_quantiles) with codes for the slots `ahead`, NaN = cannot say."""
    room, first, day = np.empty(max(len(ring), 2 * _SAMPLES)), out[0], moment.day
    found, near, far = (
        np.empty(len(ring), np.int64),
        np.empty((2, len(ring)), np.int64),
        np.empty((2, len(ring))),
    )
    all_of_it = window(ring, moment, len(ring), room)
    take_quantiles(room, all_of_it, quantiles, first[FORTNIGHT])
    count = candidates(ring, moment, half_width(room, all_of_it), found, far)
    for i in range(2):
        rank(far[i], found[:count], near[i])
    take_quantiles(room, window(ring, moment, max(LEAST, day // 8), room), quantiles, first[HOURS])
    take_quantiles(room, window(ring, moment, day, room), quantiles, first[DAY])
    take_quantiles(room, window(ring, moment, 7 * day, room), quantiles, first[WEEK])
    for row in range(len(ahead)):
        k, said = ahead[row], out[row]
        said[HOURS : FORTNIGHT + 1] = first[HOURS : FORTNIGHT + 1]
        take_quantiles(room, changes(ring, moment, k, room), quantiles, said[LAST])
        take_quantiles(room, followed(ring, moment, k, near[0, :count], room), quantiles, said[ANALOG])
        taken = followed(ring, moment, k, near[1, :count], room)
        take_quantiles(room, taken, quantiles, said[ANALOG_CLOCK])
        take_quantiles(room, same_clock(ring, moment, k, room), quantiles, said[CLOCK])
