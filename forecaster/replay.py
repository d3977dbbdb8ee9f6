"""The engine on history: the same steps as live, one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.engine.engine import Engine, Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]


_USUAL_STEP = 300  # of a single timestamp, unless it is given


@dataclass(frozen=True)
class Replay:
    """What the engine said at each step; (n_series, n_steps) unless said. Column t rests on columns up to t
    only.
    """

    expected: Floats
    lower: Floats
    upper: Floats
    anomaly_score: Floats
    exhaustion_seconds: Floats
    probability: Floats  # (n_series, n_steps, n_horizons)
    forecast: Floats  # (n_series, n_steps, n_horizons, n_quantiles)
    exhaustion_quantiles: Floats  # (n_series, n_steps, n_quantiles)
    ready: NDArray[np.bool_]


def _even_step(timestamps: NDArray[np.int64]) -> int:
    if len(timestamps) < 2:
        return _USUAL_STEP
    steps = np.diff(timestamps)
    if steps.min() < 1 or steps.min() != steps.max():
        raise ValueError("timestamps must be evenly spaced and ascending")
    return int(steps[0])


def replay(
    values: ArrayLike,
    timestamps: ArrayLike,
    limit: ArrayLike | None = None,
    horizons: Sequence[int] = (900, 3600, 86400),
    sensitivity: ArrayLike = 1.0,
    **settings: Any,
) -> Replay:
    """Run the engine over `values` (n_series, n_steps; NaN = missing) at `timestamps` (n_steps,), Unix
    seconds, even.

    `limit` is a scalar, (n_series,) or None; `sensitivity`, one or (n_series,), is that of the anomaly score;
    `settings` are further ones of `Settings`.
    """
    table = np.atleast_2d(np.asarray(values, np.float64))
    times = np.asarray(timestamps, np.int64)
    if table.shape[1:] != times.shape:
        raise ValueError(f"{table.shape[1]} values per series but {len(times)} timestamps")
    common = Settings(**{"step": _even_step(times), "horizons": tuple(horizons), **settings})
    limits = np.broadcast_to(np.asarray(np.nan if limit is None else limit, np.float64), len(table))
    dial = np.broadcast_to(np.asarray(sensitivity, np.float64), len(table))
    engine = Engine.fresh(len(table), common)
    shapes = {
        "probability": (len(common.horizons),),
        "forecast": (len(common.horizons), len(common.quantiles)),
        "exhaustion_quantiles": (len(common.quantiles),),
    }
    names = list(Replay.__dataclass_fields__)
    out = {
        name: np.empty((*table.shape, *shapes.get(name, ())), bool if name == "ready" else np.float64)
        for name in names
    }
    for t, timestamp in enumerate(times):
        outlook = engine.observe(table[:, t], int(timestamp), limits, dial)
        for name in names:
            out[name][:, t] = np.moveaxis(getattr(outlook, name), -1, 0)
    return Replay(**out)
