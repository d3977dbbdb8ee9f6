"""The last days at the same time."""

from __future__ import annotations

import numpy as np

from forecaster.backtest.events import Clock, Protocol
from forecaster.backtest.methods import same_clock
from forecaster.backtest.methods.method import Question
from forecaster.config.durations import horizon

CLOCK = Clock(step=900)
DAY = 96  # steps


def test_days_with_an_onset_are_counted() -> None:
    values = np.zeros((1, 5 * DAY))
    values[0, [50, DAY + 50]] = 1.0
    protocol = Protocol.of(values, np.array([0.9]), CLOCK, DAY)
    rates = same_clock.onset_rate(protocol, 3600, np.isfinite(values))[0]
    at = {back: back * DAY + 48 - DAY for back in (1, 2, 4)}
    assert [rates[column] for column in at.values()] == [1.0, 1.0, 0.5]
    assert rates[at[4] + 4] == 0


def test_quantiles_of_seven_days() -> None:
    values = np.repeat(np.arange(9.0), DAY)[None]
    protocol = Protocol.of(values, np.array([np.nan]), CLOCK, 8 * DAY)
    question = Question(values, 1.0, protocol, (horizon("1h"),), (0.0, 0.5, 1.0))
    told = same_clock.ask(question, lambda _share: None)
    assert told.forecast[0, 0, 0].tolist() == [1, 4, 7]
