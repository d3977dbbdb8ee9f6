"""Yesterday's highest value."""

from __future__ import annotations

import numpy as np

from forecaster.backtest.events import Clock
from forecaster.backtest.methods.seasonal_naive import yesterday_maximum

CLOCK = Clock(step=900)
DAY = 96  # steps


def test_yesterday_holds_the_same_span_only() -> None:
    values = np.zeros((1, 3 * DAY))
    values[0, 50] = 1.0
    at = np.array([DAY + 45, DAY + 46, DAY + 49, DAY + 50])
    assert yesterday_maximum(values, at, CLOCK, 3600)[0].tolist() == [0, 1, 1, 0]
    assert np.isnan(yesterday_maximum(values, np.array([10]), CLOCK, 3600)).all()
    assert yesterday_maximum(values, np.array([2 * DAY + 49]), CLOCK, 2 * 86_400)[0, 0] == 1
