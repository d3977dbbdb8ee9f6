"""Yesterday again: the value of the same clock time a day ago, or as many days ago as the horizon needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.backtest.methods.method import certain

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.backtest.events import Clock
    from forecaster.backtest.methods.method import Progress, Question, Told

    Floats = NDArray[np.float64]
    Ints = NDArray[np.intp]


def ask(question: Question, _progress: Progress) -> Told:
    """Yesterday's value at the end of each horizon, and yesterday's highest until then."""
    clock, columns = question.protocol.clock, question.protocol.columns
    spans = [each.seconds for each in question.horizons]
    ahead = [clock.same_time(question.values, columns, each, days=1) for each in spans]
    highest = [yesterday_maximum(question.rising, columns, clock, each) for each in spans]
    return certain(question, np.stack(ahead), np.stack(highest))


def yesterday_maximum(values: Floats, columns: Ints, clock: Clock, seconds: int) -> Floats:
    """The highest value of the same span yesterday (n, I); NaN without one."""
    span, back = clock.steps(seconds), clock.whole_days(seconds)
    padded = np.concatenate((np.full((len(values), back), -np.inf), values), axis=1)
    padded[np.isnan(padded)] = -np.inf
    highest = np.empty((len(values), len(columns)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, span, axis=1)
    for at, column in enumerate(columns):
        highest[:, at] = windows[:, column + 1].max(axis=1)
    return np.where(np.isfinite(highest), highest, np.nan)
