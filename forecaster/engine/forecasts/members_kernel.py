"""What the members say of a time ahead, compiled as the kernel of Holt-Winters is.

A row of the ring is the past of one series, one 16-bit code a slot. A code is a value over the series'
unit, a power of two. Whoever looks at it gets `past`: past[j] is the code j slots ago.
"""

from __future__ import annotations

import cython
from cython.cimports.libc.math import fabs, floor

_NAN = cython.declare(cython.double, float("nan"))
_MISSING = cython.declare(cython.short, -32768)
_NONE = cython.declare(cython.int, -1073741824)  # in an unrolled past: a missing code
_FARTHEST_CODE = cython.declare(cython.double, 1e9)
_LAST = cython.declare(cython.Py_ssize_t, 0)
_ANALOG = cython.declare(cython.Py_ssize_t, 1)
_RECENT = cython.declare(cython.Py_ssize_t, 2)
_HOURS = cython.declare(cython.Py_ssize_t, 3)
_DAY = cython.declare(cython.Py_ssize_t, 4)
_DAYS = cython.declare(cython.Py_ssize_t, 5)
_WEEK = cython.declare(cython.Py_ssize_t, 6)
_MONTH = cython.declare(cython.Py_ssize_t, 7)
_CLOCK = cython.declare(cython.Py_ssize_t, 8)
_JOB = cython.declare(cython.Py_ssize_t, 9)

_LEAST = cython.declare(cython.Py_ssize_t, 5)  # values, before quantiles are taken of them
_FAR = cython.declare(cython.Py_ssize_t, 2)  # days ahead, up to which the month says nothing
_BLOCK = cython.declare(cython.Py_ssize_t, 16)  # series whose codes are fetched together
_SAMPLES = cython.declare(cython.Py_ssize_t, 150)  # of a window, at most
_NEIGHBOURS = cython.declare(cython.Py_ssize_t, 60)
_CANDIDATES = cython.declare(cython.Py_ssize_t, 57)  # moments of a day that are compared
_BUCKETS = cython.declare(cython.Py_ssize_t, 512)  # of distances; in a bucket the newer moment first
_FARTHEST = cython.declare(cython.double, 2.56)  # half widths of the week's range, or what counts as much
_HOUR_COUNTS = cython.declare(cython.double, 0.1)  # an hour of clock distance, in half widths
_DAY_COUNTS = cython.declare(cython.double, 0.1)  # a day of age, in half widths
_AGREE = cython.declare(cython.double, 0.8)  # of the same clock's values lie beyond the week's: a job
_MAY_DIFFER = cython.declare(cython.Py_ssize_t, 5)  # one in so many of them may, by that
_DAYS_OF_JOB = cython.declare(cython.Py_ssize_t, 4)  # on which it was seen, at least


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _up_to(a: cython.int[::1], n: cython.Py_ssize_t, bar: cython.int) -> cython.int:
    """How many of n values are `bar` at most."""
    count: cython.int = 0
    j: cython.Py_ssize_t
    for j in range(n):
        count += a[j] <= bar
    return count


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _lowest(a: cython.int[::1], n: cython.Py_ssize_t) -> cython.int:
    least: cython.int = a[0]
    j: cython.Py_ssize_t
    for j in range(1, n):
        least = a[j] if a[j] < least else least
    return least


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _highest(a: cython.int[::1], n: cython.Py_ssize_t) -> cython.int:
    most: cython.int = a[0]
    j: cython.Py_ssize_t
    for j in range(1, n):
        most = a[j] if a[j] > most else most
    return most


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _above(a: cython.int[::1], n: cython.Py_ssize_t, bar: cython.int) -> cython.int:
    """The least of n values above `bar`."""
    none: cython.int = -_NONE
    least: cython.int = none
    value: cython.int
    j: cython.Py_ssize_t
    for j in range(n):
        value = a[j] if a[j] > bar else none
        least = value if value < least else least
    return least


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _between_ranks(
    a: cython.int[::1],
    n: cython.Py_ssize_t,
    place: cython.double,
    low: cython.int,
    high: cython.int,
    below: cython.int,
    within: cython.int,
) -> cython.double:
    """The value at a `place` between the ranks of n values, the lower one of the two at `low` at least, at
    `high` at most; so many are `below`, and so many within `high`. The rank is searched for, since counting
    runs at the speed of vectors: by turns where the counts so far suggest it, and in the middle.
    """
    k: cython.int = cython.cast(cython.int, place)
    middle: cython.int
    count: cython.int
    halve: cython.bint = False
    while low < high and within - below > 1:
        middle = low + ((high - low) >> 1)
        if not halve:
            middle = low + cython.cast(cython.int, (high - low) * ((k - below + 0.5) / (within - below)))
        halve = not halve
        count = _up_to(a, n, middle)
        if count > k:
            high, within = middle, count
        else:
            low, below = middle + 1, count
    if low < high:
        low, within = _above(a, n, low - 1), below + 1
    if place == k or within > k + 1:
        return low
    return low + (place - k) * (_above(a, n, low) - low)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _quantile(
    a: cython.int[::1], n: cython.Py_ssize_t, q: cython.double, low: cython.int, high: cython.int
) -> cython.double:
    """One quantile of n values, linear in between (type 7), the lower one of the two at `low` at least, at
    `high` at most.
    """
    below: cython.int = _up_to(a, n, low - 1)
    return _between_ranks(a, n, (n - 1) * q, low, high, below, cython.cast(cython.int, n))


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _take(
    a: cython.int[::1],
    n: cython.Py_ssize_t,
    levels: cython.double[::1],
    said: cython.double[:, :, :, :, ::1],
    r: cython.Py_ssize_t,
    h: cython.Py_ssize_t,
    member: cython.Py_ssize_t,
    k: cython.Py_ssize_t,
) -> cython.void:
    """Ascending quantiles of n values, NaN of fewer than _LEAST, as what a member says at a level. How many
    are in each part of the range tells where to search.
    """
    counts = cython.declare(cython.int[128])
    q: cython.Py_ssize_t
    j: cython.Py_ssize_t
    if n < _LEAST:
        for q in range(levels.shape[0]):
            said[r, k, h, member, q] = _NAN
        return
    low: cython.int = _lowest(a, n)
    high: cython.int = _highest(a, n)
    digits: cython.int = 0  # binary, of the numbers in a part
    while (high - low) >> digits >= 128:
        digits += 1
    for j in range(128):
        counts[j] = 0
    for j in range(n):
        counts[(a[j] - low) >> digits] += 1
    part: cython.int = 0
    below: cython.int = 0
    for q in range(levels.shape[0]):
        place: cython.double = (n - 1) * levels[q]
        while below + counts[part] <= cython.cast(cython.int, place):
            below += counts[part]
            part += 1
        first: cython.int = low + (part << digits)
        last: cython.int = first + ((1 << digits) - 1)
        said[r, k, h, member, q] = _between_ranks(
            a, n, place, first, min(last, high), below, below + counts[part]
        )


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _unroll(
    ring: cython.short[:, ::1],
    i: cython.Py_ssize_t,
    slot: cython.longlong,
    back: cython.Py_ssize_t,
    past: cython.int[::1],
) -> cython.Py_ssize_t:
    """The codes of a ring by their age `back` slots ago: how many."""
    slots: cython.Py_ssize_t = ring.shape[1]
    at: cython.Py_ssize_t = slot % slots
    code: cython.int
    j: cython.Py_ssize_t
    for j in range(back, at + 1):
        code = ring[i, at - j]
        past[j - back] = _NONE if code == _MISSING else code
    for j in range(max(at + 1, back), slots):
        code = ring[i, slots + at - j]
        past[j - back] = _NONE if code == _MISSING else code
    return slots - back


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _newest(past: cython.int[::1], length: cython.Py_ssize_t) -> cython.int:
    """The last code seen."""
    j: cython.Py_ssize_t = 0
    while j < length - 1 and past[j] == _NONE:
        j += 1
    return past[j]


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _window(past: cython.int[::1], length: cython.Py_ssize_t, out: cython.int[::1]) -> cython.Py_ssize_t:
    """Some values of the last `length` slots, evenly spaced: how many."""
    n: cython.Py_ssize_t = 0
    j: cython.Py_ssize_t = 0
    stride: cython.Py_ssize_t = 1 + length // _SAMPLES
    while j < length:
        out[n] = past[j]
        n += past[j] != _NONE
        j += stride
    return n


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _days_before(days: cython.short[:, ::1], i: cython.Py_ssize_t, out: cython.int[::1]) -> cython.Py_ssize_t:
    """The codes kept of whole days: how many."""
    n: cython.Py_ssize_t = 0
    j: cython.Py_ssize_t
    for j in range(days.shape[1]):
        out[n] = days[i, j]
        n += days[i, j] != _MISSING
    return n


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _changes(
    past: cython.int[::1], length: cython.Py_ssize_t, ahead: cython.Py_ssize_t, out: cython.int[::1]
) -> cython.Py_ssize_t:
    """Changes over `ahead` slots: how many; over more than half of the past, in proportion."""
    n: cython.Py_ssize_t = 0
    j: cython.Py_ssize_t = 0
    stride: cython.Py_ssize_t = 1 + length // _SAMPLES
    known: cython.Py_ssize_t = max(1, min(ahead, length // 2))
    times: cython.double = ahead / cython.cast(cython.double, known)
    change: cython.double
    while j + known < length:
        if past[j] != _NONE and past[j + known] != _NONE:
            out[n] = past[j] - past[j + known]
            if times > 1:
                change = min(max(out[n] * times, -_FARTHEST_CODE), _FARTHEST_CODE)
                out[n] = cython.cast(cython.int, floor(change + 0.5))
            n += 1
        j += stride
    return n


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _same_clock(
    past: cython.int[::1],
    length: cython.Py_ssize_t,
    day: cython.Py_ssize_t,
    ahead: cython.Py_ssize_t,
    reach: cython.Py_ssize_t,
    out: cython.int[::1],
) -> cython.Py_ssize_t:
    """Values of the target's clock time, and so many slots before and after it."""
    n: cython.Py_ssize_t = 0
    j: cython.Py_ssize_t = 0
    at: cython.Py_ssize_t = day * ((ahead + day - 1) // day) - ahead
    while at < length:
        for j in range(max(at - reach, 0), min(at + reach + 1, length)):
            out[n] = past[j]
            n += past[j] != _NONE
        at += day
    return n


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _level(past: cython.int[::1], j: cython.Py_ssize_t) -> cython.double:
    """Mean code of three slots, the one j slots ago and those before it; NaN = none of them was seen."""
    if past[j] != _NONE and past[j + 1] != _NONE and past[j + 2] != _NONE:
        return (past[j] + past[j + 1] + past[j + 2]) * (1.0 / 3.0)
    total: cython.double = 0.0
    count: cython.double = 0.0
    k: cython.Py_ssize_t
    for k in range(j, j + 3):
        if past[k] != _NONE:
            total += past[k]
            count += 1
    return total / count if count > 0 else _NAN


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _moments(
    past: cython.int[::1],
    length: cython.Py_ssize_t,
    day: cython.Py_ssize_t,
    far: cython.double[:, ::1],
    near: cython.int[:, ::1],
) -> cython.Py_ssize_t:
    """Past moments near[0], their levels far[0], and how far their clock and date are from now, far[1]: how
    many.
    """
    n: cython.Py_ssize_t = 0
    j: cython.Py_ssize_t = max(1, day // _CANDIDATES)
    stride: cython.Py_ssize_t = j
    clock: cython.Py_ssize_t = j % day  # slots since the same clock time
    per_clock: cython.double = _HOUR_COUNTS * 24.0 / day
    per_age: cython.double = _DAY_COUNTS / day
    while j + 2 < length:
        if past[j] != _NONE:
            near[0, n] = j
            far[0, n] = _level(past, j)
            far[1, n] = per_clock * min(clock, day - clock) + per_age * j
            n += 1
        j += stride
        clock += stride
        while clock >= day:
            clock -= day
    return n


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _ranked(
    far: cython.double[:, ::1],
    by: cython.Py_ssize_t,
    n: cython.Py_ssize_t,
    near: cython.int[:, ::1],
    into: cython.Py_ssize_t,
) -> cython.void:
    """Put the moments near[0] in order of their distances far[by], roughly: by buckets, in each as they
    come.
    """
    starts: cython.Py_ssize_t = 3  # the row of near that they stand in
    i: cython.Py_ssize_t
    bucket: cython.Py_ssize_t
    per: cython.double = (_BUCKETS - 1) / _FARTHEST
    for bucket in range(_BUCKETS + 1):
        near[starts, bucket] = 0
    for i in range(n):
        near[starts, cython.cast(cython.Py_ssize_t, min(far[by, i], _FARTHEST) * per) + 1] += 1
    for bucket in range(_BUCKETS):
        near[starts, bucket + 1] += near[starts, bucket]
    for i in range(n):
        bucket = cython.cast(cython.Py_ssize_t, min(far[by, i], _FARTHEST) * per)
        near[into, near[starts, bucket]] = near[0, i]
        near[starts, bucket] += 1


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _alike(
    now: cython.double,
    scale: cython.double,
    n: cython.Py_ssize_t,
    far: cython.double[:, ::1],
    near: cython.int[:, ::1],
) -> cython.void:
    """The moments in order of their likeness to a level: by level in near[1], by level, clock and date in
    near[2].
    """
    i: cython.Py_ssize_t
    per_level: cython.double = 1.0 / scale
    for i in range(n):
        far[2, i] = fabs(far[0, i] - now) * per_level
        far[3, i] = far[2, i] + far[1, i]
    _ranked(far, 2, n, near, 1)
    _ranked(far, 3, n, near, 2)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _followed(
    past: cython.int[::1],
    ahead: cython.Py_ssize_t,
    near: cython.int[:, ::1],
    by: cython.Py_ssize_t,
    n: cython.Py_ssize_t,
    out: cython.int[::1],
) -> cython.Py_ssize_t:
    """What came `ahead` slots after the nearest moments for which it is known by now."""
    taken: cython.Py_ssize_t = 0
    i: cython.Py_ssize_t = 0
    j: cython.Py_ssize_t
    while i < n and taken < _NEIGHBOURS:
        j = near[by, i] - ahead
        if j >= 0 and past[j] != _NONE:
            out[taken] = past[j]
            taken += 1
        i += 1
    return taken


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _side(
    values: cython.int[::1], n: cython.Py_ssize_t, low: cython.double, high: cython.double
) -> cython.int:
    """1 or -1 where the values of a clock time lie above or below the week's 80 % on nearly every day."""
    j: cython.Py_ssize_t
    above: cython.int = 0
    below: cython.int = 0
    if n < _DAYS_OF_JOB:
        return 0
    for j in range(n):
        above += values[j] > high
        below += values[j] < low
    if max(above, below) < _AGREE * n:
        return 0
    return 1 if above > below else -1


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _edge(values: cython.int[::1], n: cython.Py_ssize_t, side: cython.int) -> cython.double:
    """Of the values of a job, the quantile next to the week's."""
    q: cython.double = 0.1 if side > 0 else 0.9
    return _quantile(values, n, q, _lowest(values, n), _highest(values, n))


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _week(
    past: cython.int[::1],
    length: cython.Py_ssize_t,
    knots: cython.double[:, ::1],
    week: cython.double[:, ::1],
    r: cython.Py_ssize_t,
    some: cython.int[::1],
) -> cython.double:
    """Half the week's range, at least one code; its 80 % into `week`; into `knots` the last code and, where
    there is room, both ends of the range and what lies a range beyond them.
    """
    k: cython.Py_ssize_t
    newest: cython.int = _newest(past, length)
    for k in range(knots.shape[1]):
        knots[r, k] = _NAN if newest == _NONE else newest
    week[r, 0] = week[r, 1] = _NAN
    n: cython.Py_ssize_t = _window(past, length, some)
    if n < _LEAST:
        return 1.0
    least: cython.int = _lowest(some, n)
    most: cython.int = _highest(some, n)
    low: cython.double = _quantile(some, n, 0.05, least, most)
    high: cython.double = _quantile(some, n, 0.95, least, most)
    week[r, 0] = _quantile(some, n, 0.1, least, most)
    week[r, 1] = _quantile(some, n, 0.9, least, most)
    scale: cython.double = max((high - low) / 2, 1.0)
    if knots.shape[1] == 5:
        knots[r, 1], knots[r, 2] = low, high
        knots[r, 3], knots[r, 4] = low - 2 * scale, high + 2 * scale
    return scale


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _carry(
    trend: cython.double,
    length: cython.Py_ssize_t,
    day: cython.Py_ssize_t,
    ahead: cython.Py_ssize_t[::1],
    said: cython.double[:, :, :, :, ::1],
    r: cython.Py_ssize_t,
) -> cython.void:
    """Carry a trend on from the mean age of the values that a member looks at. The last value's changes have
    it.
    """
    h: cython.Py_ssize_t
    k: cython.Py_ssize_t
    m: cython.Py_ssize_t
    q: cython.Py_ssize_t
    slots: cython.Py_ssize_t
    for h in range(ahead.shape[0]):
        for m in range(_ANALOG, _JOB + 1):
            slots = ahead[h] + length // 2
            if m == _HOURS:
                slots = ahead[h] + day // 16
            elif m == _DAY:
                slots = ahead[h] + day // 2
            elif m == _DAYS:
                slots = ahead[h] + 3 * day // 2
            elif m == _MONTH:
                slots = ahead[h] + 14 * day
            elif m >= _CLOCK:
                slots = day * ((ahead[h] + day - 1) // day) + 3 * day
            for k in range(said.shape[1]):
                for q in range(said.shape[4]):
                    said[r, k, h, m, q] += trend * slots


def speak(
    ring: cython.short[:, ::1],
    days: cython.short[:, ::1],
    trend: cython.double[::1],
    rows: cython.Py_ssize_t[::1],
    slot: cython.longlong,
    back: cython.Py_ssize_t,
    lags: cython.Py_ssize_t[::1],
    day: cython.Py_ssize_t,
    ahead: cython.Py_ssize_t[::1],
    levels: cython.double[::1],
    room: cython.int[:, ::1],
    far: cython.double[:, ::1],
    knots: cython.double[:, ::1],
    week: cython.double[:, ::1],
    jobs: cython.int[:, ::1],
    edges: cython.double[:, ::1],
    said: cython.double[:, :, :, :, ::1],
) -> None:
    """What the members say of the slots `ahead` of the moment `back` slots before `slot`, of some `rows`.

    `knots` (rows, 1 or 5) are the codes at which they are asked: the last one seen, both ends of the week's
    range, and a range beyond them; `week` (rows, 2) the week's 80 %. `said` is (rows, lags x knots,
    n_ahead, members and job, n_levels), the last member being a job where `jobs` (rows, n_ahead) is not 0,
    `edges` its end next to the week. With each of the `lags`, the first of which is 0, clock times are so
    many slots later. `trend` (n,) is in codes a slot. `room` (6, …) and `far` (4, …) are worked in.
    """
    r: cython.Py_ssize_t
    i: cython.Py_ssize_t
    h: cython.Py_ssize_t
    k: cython.Py_ssize_t
    m: cython.Py_ssize_t
    q: cython.Py_ssize_t
    n: cython.Py_ssize_t
    moments: cython.Py_ssize_t
    length: cython.Py_ssize_t
    on: cython.Py_ssize_t
    past: cython.int[::1] = room[4]
    some: cython.int[::1] = room[5]
    now: cython.double
    scale: cython.double
    with cython.nogil:
        for r in range(rows.shape[0]):
            i = rows[r]
            length = _unroll(ring, i, slot, back, past)
            scale = _week(past, length, knots, week, r, some)
            _take(some, _window(past, length, some), levels, said, r, 0, _WEEK, 0)
            n = min(max(2 * _LEAST, day // 8), length)
            _take(some, _window(past, n, some), levels, said, r, 0, _HOURS, 0)
            _take(some, _window(past, min(day, length), some), levels, said, r, 0, _DAY, 0)
            _take(some, _window(past, min(3 * day, length), some), levels, said, r, 0, _DAYS, 0)
            for h in range(ahead.shape[0]):
                for m in range(_HOURS, _WEEK + 1):
                    for q in range(levels.shape[0]):
                        said[r, 0, h, m, q] = said[r, 0, 0, m, q]
                n = _days_before(days, i, some) if ahead[h] > _FAR * day else 0
                _take(some, n, levels, said, r, h, _MONTH, 0)
                _take(some, _changes(past, length, ahead[h], some), levels, said, r, h, _LAST, 0)
                for k in range(lags.shape[0]):
                    n = _same_clock(past, length, day, ahead[h] + lags[k], day > 24, some)
                    _take(some, n, levels, said, r, h, _CLOCK, k * knots.shape[1])
                n = _same_clock(past, length, day, ahead[h], 0, some)
                jobs[r, h] = _side(some, n, week[r, 0], week[r, 1])
                if jobs[r, h] != 0:
                    _take(some, n, levels, said, r, h, _JOB, 0)
                    edges[r, h] = _edge(some, n, jobs[r, h])
            moments = _moments(past, length, day, far, room)
            for k in range(knots.shape[1] - 1, -1, -1):
                now = knots[r, k] if k > 0 else _level(past, 0)
                n = moments if now == now else 0
                if k < 3:
                    _alike(now, scale, n, far, room)
                for h in range(ahead.shape[0]):
                    for q in range(levels.shape[0]):
                        said[r, k, h, _LAST, q] = said[r, 0, h, _LAST, q] + knots[r, k]
                        if k > 0:
                            for m in range(_HOURS, _JOB + 1):
                                said[r, k, h, m, q] = said[r, 0, h, m, q]
                    if k >= 3:
                        continue
                    on = ahead[h]
                    if (
                        on > 2 * day
                    ):  # nothing followed for so long: what followed at the same clock, of two days
                        on -= day * ((on - day - 1) // day)
                    _take(some, _followed(past, on, room, 1, n, some), levels, said, r, h, _ANALOG, k)
                    _take(some, _followed(past, on, room, 2, n, some), levels, said, r, h, _RECENT, k)
            for k in range(
                3, knots.shape[1]
            ):  # beyond an end of the range, moments are like what they are there
                for h in range(ahead.shape[0]):
                    for q in range(levels.shape[0]):
                        said[r, k, h, _ANALOG, q] = said[r, k - 2, h, _ANALOG, q]
                        said[r, k, h, _RECENT, q] = said[r, k - 2, h, _RECENT, q]
            for k in range(knots.shape[1], said.shape[1]):
                for h in range(ahead.shape[0]):
                    for m in range(_JOB + 1):
                        for q in range(levels.shape[0]):
                            n = k // knots.shape[1] * knots.shape[1] if m == _CLOCK else k % knots.shape[1]
                            said[r, k, h, m, q] = said[r, n, h, m, q]
            if trend[i] != 0:
                _carry(trend[i], length, day, ahead, said, r)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _knot(knots: cython.float[:, ::1], i: cython.Py_ssize_t, code: cython.double) -> cython.Py_ssize_t:
    """The last knot at or below a code, the first one below them all."""
    k: cython.Py_ssize_t = knots.shape[1] - 1
    while k > 0 and knots[i, k] > code:
        k -= 1
    return k


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _along(
    here: cython.double, there: cython.double, off: cython.double, run: cython.double, beyond: cython.bint
) -> cython.double:
    """What the table says `off` a knot, from what it says there and at another one, a `run` away: on a
    straight line, `beyond` all knots never steeper than the code.
    """
    base: cython.double = cython.cast(cython.double, here)
    if off == 0:
        return base
    slope: cython.double = (cython.cast(cython.double, there) - base) / run if run != 0 else 1.0
    if beyond:
        slope = min(max(slope, 0.0), 1.0)
    return base + slope * off


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _days_of_clock(
    ring: cython.short[:, ::1],
    i: cython.Py_ssize_t,
    slot: cython.longlong,
    day: cython.Py_ssize_t,
    back: cython.Py_ssize_t,
    out: cython.int[::1],
) -> cython.Py_ssize_t:
    """The codes of a clock time, `back` slots ago and on the days before; that of tomorrow is yesterday's:
    how many.
    """
    slots: cython.Py_ssize_t = ring.shape[1]
    n: cython.Py_ssize_t = 0
    at: cython.Py_ssize_t
    back = back + day if back < 0 else back
    at = (slot - back) % slots
    while back < slots:
        out[n] = ring[i, at]
        n += out[n] != _MISSING
        back += day
        at -= day
        if at < 0:
            at += slots
    return n


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _shift(
    a: cython.int[::1],
    n: cython.Py_ssize_t,
    levels: cython.double[::1],
    times: cython.double,
    shares: cython.double[:, :, ::1],
    i: cython.Py_ssize_t,
    h: cython.Py_ssize_t,
    out: cython.double[:, :, ::1],
) -> cython.void:
    """Add to quantiles so many times those of n values, by the share that the values have in each: squared,
    since the pool leaves out the outer parts of the weight, of which a small share has more than its own.
    """
    q: cython.Py_ssize_t
    j: cython.Py_ssize_t
    k: cython.Py_ssize_t
    value: cython.int
    for j in range(1, n):  # a value a day: few
        value = a[j]
        k = j
        while k > 0 and a[k - 1] > value:
            a[k] = a[k - 1]
            k -= 1
        a[k] = value
    for q in range(levels.shape[0]):
        place: cython.double = (n - 1) * levels[q]
        j = cython.cast(cython.Py_ssize_t, place)
        k = min(j + 1, n - 1)
        share: cython.double = times * shares[i, h, q] * shares[i, h, q]
        out[i, h, q] += share * (a[j] + (place - j) * (a[k] - a[j]))


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _arrange(out: cython.double[:, :, ::1], i: cython.Py_ssize_t, h: cython.Py_ssize_t) -> cython.void:
    """Put quantiles that may have crossed in order (Chernozhukov, Fernández-Val and Galichon, Quantile and
    probability curves without crossing, 2010).
    """
    q: cython.Py_ssize_t
    k: cython.Py_ssize_t
    value: cython.double
    for q in range(1, out.shape[2]):
        value = out[i, h, q]
        k = q
        while k > 0 and out[i, h, k - 1] > value:
            out[i, h, k] = out[i, h, k - 1]
            k -= 1
        out[i, h, k] = value


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _usual(
    ring: cython.short[:, ::1],
    i: cython.Py_ssize_t,
    slot: cython.longlong,
    day: cython.Py_ssize_t,
    back: cython.Py_ssize_t,
    low: cython.double,
    high: cython.double,
) -> cython.bint:
    """Whether so many days have neither a higher code nor a lower one at a clock time, `back` slots ago and
    on the days before, that there is no job, whatever the others have.
    """
    slots: cython.Py_ssize_t = ring.shape[1]
    enough: cython.Py_ssize_t = (slots + day - 1) // day // _MAY_DIFFER + 1
    at: cython.Py_ssize_t = (slot - back) % slots
    not_above: cython.Py_ssize_t = 0
    not_below: cython.Py_ssize_t = 0
    while back < slots:
        if ring[i, at] != _MISSING:
            not_above += ring[i, at] <= high
            not_below += ring[i, at] >= low
            if min(not_above, not_below) >= enough:
                return True
        back += day
        at -= day
        if at < 0:
            at += slots
    return False


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _fetch(
    ring: cython.short[:, ::1],
    i: cython.Py_ssize_t,
    slot: cython.longlong,
    day: cython.Py_ssize_t,
    back: cython.Py_ssize_t,
) -> cython.int:
    """Have the codes of a clock time fetched, without waiting for any: `back` slots ago and on the days
    before. A number that says nothing.
    """
    slots: cython.Py_ssize_t = ring.shape[1]
    at: cython.Py_ssize_t
    fetched: cython.int = 0
    back = back + day if back < 0 else back
    at = (slot - back) % slots
    while back < slots:
        fetched += ring[i, at]
        back += day
        at -= day
        if at < 0:
            at += slots
    return fetched


def look_up(
    ring: cython.short[:, ::1],
    slot: cython.longlong,
    day: cython.Py_ssize_t,
    ahead: cython.Py_ssize_t[::1],
    levels: cython.double[::1],
    middle: cython.Py_ssize_t,
    knots: cython.float[:, ::1],
    week: cython.float[:, ::1],
    table: cython.float[:, :, :, ::1],
    every: cython.Py_ssize_t,
    since: cython.Py_ssize_t[::1],
    shares: cython.double[:, :, ::1],
    codes: cython.double[::1],
    some: cython.int[:, ::1],
    out: cython.double[:, :, ::1],
) -> None:
    """What the tables (n, 2 x knots, n_ahead, n_levels), made `since` slots (n,) ago for then and for `every`
    slots later, say at the last `codes` (n,): codes into `out` (n, n_ahead, n_levels), ascending.

    Between its two lags a table knows no clock times: where these have `shares` (n, n_ahead, n_levels) of the
    pool, what the target's own differs in is added. Jobs are looked for, too. `some` (3, …) is worked in.
    """
    soon: cython.double
    late: cython.double
    later: cython.double
    off: cython.double
    run: cython.double
    beyond: cython.bint
    i: cython.Py_ssize_t
    k: cython.Py_ssize_t
    other: cython.Py_ssize_t
    last: cython.Py_ssize_t = knots.shape[1] - 1
    h: cython.Py_ssize_t
    q: cython.Py_ssize_t
    n: cython.Py_ssize_t
    before: cython.Py_ssize_t
    after: cython.Py_ssize_t
    back: cython.Py_ssize_t
    now: cython.int[::1] = some[0]
    side: cython.int
    edge: cython.double
    low: cython.int
    exact: cython.bint
    first: cython.Py_ssize_t
    fetched: cython.int = 0
    with cython.nogil:
        for i in range(codes.shape[0]):
            if i % _BLOCK == 0:
                for first in range(i, min(i + _BLOCK, codes.shape[0])):
                    for h in range(ahead.shape[0]):
                        if since[first] > 0 and shares[first, h, middle] > 0:
                            back = day * ((ahead[h] + day - 1) // day) - ahead[h]
                            fetched += _fetch(ring, first, slot, day, back + since[first])
                            fetched += _fetch(ring, first, slot, day, back + since[first] - every)
                some[0, 0] = fetched
            later = since[i] / cython.cast(cython.double, every)
            k = _knot(knots, i, codes[i])
            other = k + 1 if k < last else k - 1
            off = codes[i] - cython.cast(cython.double, knots[i, k])
            run = cython.cast(cython.double, knots[i, other]) - cython.cast(cython.double, knots[i, k])
            beyond = off < 0 or k == last
            for h in range(ahead.shape[0]):
                for q in range(levels.shape[0]):
                    soon = _along(table[i, k, h, q], table[i, other, h, q], off, run, beyond)
                    late = _along(
                        table[i, last + 1 + k, h, q], table[i, last + 1 + other, h, q], off, run, beyond
                    )
                    out[i, h, q] = soon if soon == late else soon + later * (late - soon)
                back = day * ((ahead[h] + day - 1) // day) - ahead[h]
                exact = since[i] > 0 and shares[i, h, middle] > 0
                if not exact and _usual(ring, i, slot, day, back, week[i, 0], week[i, 1]):
                    _arrange(out, i, h)
                    continue
                n = _days_of_clock(ring, i, slot, day, back, now)
                if exact:
                    before = _days_of_clock(ring, i, slot, day, back + since[i], some[1])
                    after = _days_of_clock(ring, i, slot, day, back + since[i] - every, some[2])
                    if min(n, min(before, after)) >= _LEAST:
                        _shift(now, n, levels, 1.0, shares, i, h, out)
                        _shift(some[1], before, levels, later - 1.0, shares, i, h, out)
                        _shift(some[2], after, levels, 0.0 - later, shares, i, h, out)
                _arrange(out, i, h)
                side = _side(now, n, week[i, 0], week[i, 1])
                if side == 0:
                    continue
                edge = _edge(now, n, side)
                if (side > 0 and out[i, h, middle] < edge) or (side < 0 and out[i, h, middle] > edge):
                    low = _lowest(now, n)
                    for q in range(levels.shape[0]):
                        out[i, h, q] = _quantile(now, n, levels[q], low, _highest(now, n))
