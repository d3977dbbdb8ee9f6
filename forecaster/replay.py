"""The engine on history: the same steps as live, one after the other."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.engine import engine as live
from forecaster.engine.reasons import Reasons

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from forecaster.engine.outlook import Outlook

    Floats = NDArray[np.float64]


_USUAL_STEP = 300  # of a single timestamp, unless it is given


@dataclass(frozen=True)
class Replay:
    """What the engine said at each step; (n_series, n_steps) unless said. Column t rests on columns up to t
    only. Stored step by step, as the engine speaks: the arrays are transposed views.
    """

    expected: Floats
    lower: Floats
    upper: Floats
    anomaly_score: Floats
    exhaustion_seconds: Floats
    probability: Floats  # (n_series, n_steps, n_horizons)
    forecast: Floats  # (n_series, n_steps or len(forecast_at), n_horizons, n_quantiles)
    exhaustion_quantiles: Floats  # (n_series, n_steps, n_quantiles)
    reasons: Reasons  # its signs (n_series, n_steps, 4)
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
    *,
    min_deviation: ArrayLike = 0.0,
    forecast_at: Sequence[int] | None = None,
    **settings: Any,
) -> Replay:
    """Run the engine over `values` (n_series, n_steps; NaN = missing) at `timestamps` (n_steps,), Unix
    seconds, even.

    `limit` is a scalar, (n_series,) or None; `sensitivity` and `min_deviation`, one or (n_series,), are those
    of the anomaly score (the configuration's anomaly_threshold and min_deviation); `settings` are further
    ones of `Settings`: `quantiles`, and `lowest` and `highest` that values can be.

    With `forecast_at`, the numbers of steps, `forecast` is `Engine.forecast` after these, for horizons of up
    to 30 days; without, the outlook's after each step. Raises ValueError where there is no such step.
    """
    table = np.atleast_2d(np.asarray(values, np.float64))
    times = np.asarray(timestamps, np.int64)
    if table.shape[1:] != times.shape:
        raise ValueError(f"{table.shape[1]} values per series but {len(times)} timestamps")
    common = live.Settings(**{"step": _even_step(times), "horizons": tuple(horizons), **settings})
    limits = np.broadcast_to(np.asarray(np.nan if limit is None else limit, np.float64), len(table))
    dial = [
        np.broadcast_to(np.asarray(each, np.float64), len(table)) for each in (sensitivity, min_deviation)
    ]
    wanted = _places(() if forecast_at is None else forecast_at, len(times))
    ahead = np.empty(
        (len(table), sum(map(len, wanted.values())), len(common.horizons), len(common.quantiles))
    )
    engine = live.Engine.fresh(len(table), common)
    kept: dict[str, Any] = {}
    for t, column in enumerate(np.ascontiguousarray(table.T)):
        engine.observe(column, int(times[t]), limits, *dial)
        _keep(kept, engine.outlook(), t, len(times))
        for place in wanted.get(t, ()):
            ahead[:, place] = np.moveaxis(engine.forecast(), -1, 0)
    if not len(times):  # nothing has its shapes, too
        engine.observe(np.full(len(table), np.nan), 0)
        _keep(kept, engine.outlook(), 0, 0)
    tables = _series_first(kept)
    return Replay(**(tables if forecast_at is None else {**tables, "forecast": ahead}))


def _places(forecast_at: Sequence[int], steps: int) -> dict[int, list[int]]:
    """Where the forecasts of a step go."""
    wanted: dict[int, list[int]] = {}
    for place, step in enumerate(forecast_at):
        if not 0 <= step < steps:
            raise ValueError(f"forecast_at has step {step}, the series have 0 to {steps - 1}")
        wanted.setdefault(int(step), []).append(place)
    return wanted


def _keep(kept: dict[str, Any], said: Outlook | Reasons, step: int, steps: int) -> None:
    """Put what was said at a step, arrays with the series last, into tables (n_steps, …, n_series)."""
    for field in fields(said):
        value: Reasons | NDArray[Any] = getattr(said, field.name)
        if isinstance(value, Reasons):
            _keep(kept.setdefault(field.name, {}), value, step, steps)
            continue
        if step == 0:
            kept[field.name] = np.empty((steps, *value.shape), value.dtype)
        kept[field.name][step : step + 1] = value


def _series_first(kept: dict[str, Any]) -> dict[str, Any]:
    """The tables as views (n_series, n_steps, …)."""
    return {
        name: Reasons(**_series_first(rows)) if isinstance(rows, dict) else np.moveaxis(rows, -1, 0)
        for name, rows in kept.items()
    }
