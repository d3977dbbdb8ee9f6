"""The loops over the series of a batch: what a compiler is given as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from forecaster.engine.forecasts.memory import HIGHEST, MISSING, Moment, code_of, newest, remember, renew
from forecaster.engine.forecasts.pool import Record, judge, quantiles_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.engine.forecasts.members import Ranks
    from forecaster.engine.forecasts.memory import Codes, Floats
    from forecaster.engine.forecasts.pool import Fleet


class Batch(NamedTuple):
    """The arrays of the state, series first."""

    ring: Codes  # (n, slots)
    unit: Floats  # (n,) of the codes
    last: Floats  # (n,) value
    turn: NDArray[np.int64]  # (n,) the slot in which a series is judged
    loss: Floats  # (n, horizons judged, members)
    judged: Floats  # (n, horizons judged)


def remember_all(batch: Batch, values: Floats, slot: int, begins: tuple[bool, bool]) -> None:
    """Take in the values (n,) of a step in `slot`, NaN = missing; `begins`: a slot, a day, with it."""
    ring, unit = batch.ring, batch.unit
    for i in range(len(values)):
        before = unit[i]
        if begins[0]:
            ring[i, slot % ring.shape[1]] = MISSING
        if begins[1]:
            unit[i] = renew(ring[i], unit[i])
        if np.isfinite(values[i]):
            unit[i] = remember(ring[i], slot, values[i], unit[i])
            batch.last[i] = values[i]
        if before not in (0.0, unit[i]):
            batch.loss[i] *= before / unit[i]


def judge_all(batch: Batch, now: Moment, every: int, ahead: Ranks, levels: Floats) -> None:
    """Judge the members on the series whose turn it is: what they say of the last of the slots `ahead` comes
    true with this one. The ring has lost what they would have known of its oldest slots.
    """
    then = Moment(now.origin - ahead[-1], now.oldest, now.day)
    for i in range(len(batch.ring)):
        if (now.origin + batch.turn[i]) % every == 0:
            judge(batch.ring[i], then, ahead, levels, Record(batch.loss[i], batch.judged[i]))


def ask_all(batch: Batch, now: Moment, ahead: Ranks, quantiles: Floats, fleet: Fleet) -> Floats:
    """Quantiles (n_series, n_horizons, n_quantiles) in the series' own units, NaN = nothing seen."""
    ring, last, unit = batch.ring, batch.last, batch.unit
    out = np.empty((len(ring), len(ahead), len(quantiles)))
    for i in range(len(ring)):
        series = ring[i], Record(batch.loss[i], batch.judged[i])
        out[i] = quantiles_of(series, now, ahead, quantiles, fleet)
        code = newest(ring[i], now)
        exact = code != MISSING and abs(code) < HIGHEST and code == code_of(last[i], unit[i])
        for row in range(len(ahead)):
            for q in range(len(quantiles)):
                same = exact and out[i, row, q] == code
                out[i, row, q] = last[i] if same else out[i, row, q] * unit[i]
    return out
