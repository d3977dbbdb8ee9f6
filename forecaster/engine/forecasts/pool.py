"""The members' distributions made one: quantiles averaged by weights that are the fleet's at first and lean
to those members that were right on the series itself.

Quantile averaging (Lichtendahl, Grushka-Cockayne and Winkler, Is it better to average probabilities or
quantiles?, 2013), weights by horizon and quantile, times exp(-eta · relative loss) (Vovk; Littlestone and
Warmuth, The weighted majority algorithm, 1994). Plain scalar code, as in `memory`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from forecaster.engine.forecasts.members import MEMBERS, speak
from forecaster.engine.forecasts.memory import MISSING, SLOTS, newest

if TYPE_CHECKING:
    from forecaster.engine.forecasts.members import Ranks
    from forecaster.engine.forecasts.memory import Codes, Floats, Moment

_ETA = 3.0  # of the mean loss relative to the best member's
_SURE = 12.0  # judged forecasts after which a series' own losses count in full
_MEMORY = 28.0  # judged forecasts: 12 days of one each 121 slots of 5 min
_WILD = 8.0  # times the members' mean loss: more is not taken in at once


class Record(NamedTuple):
    """How wrong the members have been on a series, in codes, at some horizons."""

    loss: Floats  # (n_horizons, n_members) running mean quantile losses
    judged: Floats  # (n_horizons,) how many they rest on


class Fleet(NamedTuple):
    """What holds for every series; slots as log2 of what 5 min are one of."""

    knots: Floats  # (n_knots,) slots
    levels: Floats  # (n_levels,) quantiles
    prior: Floats  # (n_knots, n_levels, n_members) weights
    width: Floats  # (n_knots,) of the quantiles about their median
    learned: Floats  # (n_horizons,) slots of the records


def judge(ring: Codes, moment: Moment, ahead: Ranks, levels: Floats, record: Record) -> None:
    """What the members would have said, at a past moment, of slots `ahead` that are known now; how wrong."""
    if ring[moment.origin % len(ring)] == MISSING:
        return
    loss, judged = record
    said = np.empty((len(ahead), len(MEMBERS), len(levels)))
    speak(ring, moment, ahead, levels, said)
    for row in range(len(ahead)):
        value = ring[(moment.origin + ahead[row]) % len(ring)]
        if value != MISSING:
            most = _WILD * max(loss[row].max(), 1.0) if judged[row] > _SURE / 2 else np.inf
            rate = max(1.0 / (judged[row] + 1.0), 1.0 / _MEMORY)
            judged[row] += 1.0
            for member in range(len(MEMBERS)):
                off = quantile_loss(value, said[row, member], levels)
                if not np.isnan(off):
                    loss[row, member] += rate * (min(off, most) - loss[row, member])


def quantile_loss(value: float, said: Floats, levels: Floats) -> float:
    """Sum over the quantiles said, NaN when one is."""
    off = 0.0
    for row in range(len(levels)):
        error = value - said[row]
        off += levels[row] * error if error >= 0 else (levels[row] - 1.0) * error
    return off


def between(knots: Floats, at: float) -> tuple[int, float]:
    """The knot below `at` and the share of the next one; outside of the knots the nearest."""
    low = 0
    while low < len(knots) - 2 and knots[low + 1] <= at:
        low += 1
    return low, min(max((at - knots[low]) / (knots[low + 1] - knots[low]), 0.0), 1.0)


def trust(loss: Floats, judged: float, out: Floats) -> None:
    """Multiply the weights `out` (n_members,) by what a series' own losses (n_members,) say of the
    members.
    """
    least = np.inf
    for member in range(len(out)):
        least = min(least, loss[member])
    sure = min(judged, _SURE) / _SURE
    for member in range(len(out)):
        out[member] *= np.exp(-_ETA * sure * min((loss[member] - least) / (least + 1.0), 15.0))


def pooled(said: Floats, weights: Floats) -> float:
    """The mean of the members' quantiles (n_members,), NaN left out; a value that half of the weight agrees
    on in full.
    """
    total, mean = 0.0, 0.0
    for member in range(len(said)):
        if not np.isnan(said[member]):
            total += weights[member]
            mean += weights[member] * said[member]
    if total == 0.0:
        return np.nan
    for member in range(len(said)):
        agree = 0.0
        for other in range(len(said)):
            if said[other] == said[member]:
                agree += weights[other]
        if 2.0 * agree >= total:
            return float(said[member])
    return mean / total


def quantiles_of(
    series: tuple[Codes, Record], moment: Moment, ahead: Ranks, quantiles: Floats, fleet: Fleet
) -> Floats:
    """Codes of the quantiles at the slots `ahead` (n_horizons, n_quantiles), not yet within bounds."""
    ring, record = series
    said, out = np.empty((len(ahead), len(MEMBERS), len(quantiles))), np.empty((len(ahead), len(quantiles)))
    speak(ring, moment, ahead, quantiles, said)
    last = newest(ring, moment)
    own, weights = np.empty(len(MEMBERS)), np.empty(len(MEMBERS))
    for row in range(len(ahead)):
        place = np.log2(ahead[row] * SLOTS / moment.day)
        k, far = between(fleet.knots, place)
        n, share = between(fleet.learned, place)
        n += share >= 0.5
        own[:] = 1.0
        trust(record.loss[n], record.judged[n], own)
        for q in range(len(quantiles)):
            j, part = between(fleet.levels, quantiles[q])
            near = (1 - part) * fleet.prior[k, j] + part * fleet.prior[k, j + 1]
            next_one = (1 - part) * fleet.prior[k + 1, j] + part * fleet.prior[k + 1, j + 1]
            weights[:] = own * ((1 - far) * near + far * next_one)
            value = pooled(said[row, :, q], weights)
            out[row, q] = value if not np.isnan(value) else (last if last != MISSING else np.nan)
        stretch(out[row], quantiles, (1 - far) * fleet.width[k] + far * fleet.width[k + 1])
    return out


def stretch(row: Floats, quantiles: Floats, width: float) -> None:
    """Widen quantiles about their middle, and put them in order."""
    middle = 0
    for q in range(len(quantiles)):
        if abs(quantiles[q] - 0.5) < abs(quantiles[middle] - 0.5):
            middle = q
    centre = row[middle]
    for q in range(len(quantiles)):
        row[q] = centre + width * (row[q] - centre)
    for q in range(1, len(quantiles)):
        row[q] = max(row[q], row[q - 1])
