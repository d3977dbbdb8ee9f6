"""The engine run over a dataset as live: what it said, kept where it is judged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from forecaster.engine.engine import Engine, Settings
from forecaster.serve.batch import marks_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from forecaster.backtest.dataset import Dataset

    Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Judged:
    """What was said: at each instant of judgement `probability` (H, n, I) and `forecast` (H, n, I, q); at
    each step, (n, T) in single precision, the band around the value and the published anomaly score.
    """

    probability: Floats
    forecast: Floats
    expected: NDArray[np.float32]
    lower: NDArray[np.float32]
    upper: NDArray[np.float32]
    score: NDArray[np.float32]


BAND = ("expected", "lower", "upper")


def run(
    dataset: Dataset, settings: Settings, columns: NDArray[np.intp], progress: Callable[[float], None]
) -> Judged:
    """Show the engine every step of the dataset, in order; `columns` are the instants of judgement."""
    series, steps = dataset.values.shape
    shape = (len(settings.horizons), series, len(columns))
    probability, forecast = np.empty(shape), np.empty((*shape, len(settings.quantiles)))
    lines = {name: np.empty((series, steps), np.float32) for name in (*BAND, "score")}
    marks = marks_of(dataset.bounds)
    engine = Engine.fresh(series, settings)
    place = {int(column): at for at, column in enumerate(columns)}
    for step, timestamp in enumerate(dataset.timestamps):
        values = np.ascontiguousarray(dataset.values[:, step])
        judgement = engine.observe(values, int(timestamp), **marks)
        lines["score"][:, step] = judgement.anomaly_score
        for name in BAND:
            lines[name][:, step] = getattr(judgement, name)
        if (at := place.get(step)) is not None:
            outlook = engine.outlook()
            probability[:, :, at] = outlook.probability
            forecast[:, :, at] = np.moveaxis(outlook.forecast, 1, -1)
        progress((step + 1) / steps)
    return Judged(probability, forecast, **lines)
