"""PromQL's predict_linear over the last hour: what most alerts on exhaustion use today."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.backtest.methods.method import certain

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.backtest.methods.method import Progress, Question, Told

    Floats = NDArray[np.float64]
    Ints = NDArray[np.intp]


def ask(question: Question, _progress: Progress) -> Told:
    """The line through the last hour, at the end of each horizon."""
    clock, columns = question.protocol.clock, question.protocol.columns
    steps = [clock.steps(each.seconds) for each in question.horizons]
    ahead = np.stack([line(question.values, columns, clock.hour, each) for each in steps])
    return certain(question, ahead, question.toward * ahead)


def line(values: Floats, columns: Ints, window: int, steps: int) -> Floats:
    """The line of least squares over the last `window` values up to each column, `steps` ahead; (n, I)."""
    known = np.isfinite(values)
    time = np.arange(values.shape[1]) - values.shape[1] / 2
    plain = np.where(known, values, 0.0)
    terms = (known.astype(float), known * time, known * time**2, plain, plain * time)
    count, a, b, y, ty = (_window_sum(term, columns, window) for term in terms)
    spread = count * b - a * a
    slope = np.where(count >= 2, (count * ty - a * y) / np.where(spread > 0, spread, 1.0), 0.0)
    level = (y - slope * a) / np.maximum(count, 1)
    return np.where(count > 0, level + slope * (time[columns] + steps), np.nan)


def _window_sum(terms: Floats, columns: Ints, window: int) -> Floats:
    sums = np.concatenate((np.zeros((len(terms), 1)), np.cumsum(terms, axis=1)), axis=1)
    return np.asarray(sums[:, columns + 1] - sums[:, np.maximum(columns + 1 - window, 0)])
