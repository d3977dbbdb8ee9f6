"""The loops over the series of a batch: what a compiler is given as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.engine.forecasts.memory import HIGHEST, MISSING, code_of, newest, remember
from forecaster.engine.forecasts.pool import judge, quantiles_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.engine.forecasts.memory import Codes, Floats
    from forecaster.engine.forecasts.members import Ranks


def remember_all(
    ring: Codes,
    unit: Floats,
    beyond: NDArray[np.int8],
    last: Floats,
    loss: Floats,
    values: Floats,
    slot: int,
    begins: bool,
) -> None:
    """Take in the values (n,) of a step in `slot`, NaN = missing; `begins`: its first step."""
    for i in range(len(values)):
        if begins:
            ring[i, slot % ring.shape[1]] = MISSING
        if np.isfinite(values[i]):
            before = unit[i]
            unit[i], beyond[i] = remember(ring[i], slot, values[i], unit[i], beyond[i])
            last[i] = values[i]
            if before not in (0.0, unit[i]):
                loss[i] *= before / unit[i]


def judge_all(
    ring: Codes,
    turn: NDArray[np.int64],
    every: int,
    slot: int,
    day: int,
    learned: Ranks,
    levels: Floats,
    loss: Floats,
    judged: Floats,
) -> None:
    """Judge the members on the series whose turn it is: what they say of the last of the slots `learned`
    ahead comes true with `slot`.
    """
    for i in range(len(ring)):
        if (slot + turn[i]) % every == 0:
            judge(ring[i], slot - learned[-1], slot, learned, day, levels, loss[i], judged[i])


def ask_all(
    ring: Codes,
    unit: Floats,
    last: Floats,
    slot: int,
    ahead: Ranks,
    day: int,
    quantiles: Floats,
    knots: Floats,
    levels: Floats,
    prior: Floats,
    width: Floats,
    learned: Floats,
    loss: Floats,
    judged: Floats,
    out: Floats,
) -> None:
    """Quantiles (n_series, n_horizons, n_quantiles) in the series' own units, NaN = nothing seen."""
    for i in range(len(ring)):
        quantiles_of(
            ring[i], slot, ahead, day, quantiles, knots, levels, prior, width, learned, loss[i], judged[i], out[i]
        )
        code = newest(ring[i], slot, slot - ring.shape[1] + 1)
        exact = code != MISSING and abs(code) < HIGHEST and code == code_of(last[i], unit[i])
        for row in range(len(ahead)):
            for q in range(len(quantiles)):
                same = exact and out[i, row, q] == code
                out[i, row, q] = last[i] if same else out[i, row, q] * unit[i]
