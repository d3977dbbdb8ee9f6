"""Figures of merit on examples small enough to do by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from forecaster.backtest import accuracy
from forecaster.backtest.accuracy import Prediction
from forecaster.backtest.events import Clock, Protocol

CLOCK = Clock(step=900)  # four steps an hour, an instant each step
LIMIT = np.array([0.9])


def protocol(values: np.ndarray, warm_up: int = 0, limits: np.ndarray = LIMIT) -> Protocol:
    return Protocol.of(np.atleast_2d(values), limits, CLOCK, warm_up)


def test_average_precision() -> None:
    hits = np.array([True, False, True, False])
    assert accuracy.average_precision(hits, np.array([4.0, 3, 2, 1])) == pytest.approx((1 + 2 / 3) / 2)
    assert accuracy.average_precision(hits, np.ones(4)) == 0.5
    assert math.isnan(accuracy.average_precision(np.zeros(4, bool), np.ones(4)))


def test_brier_skill() -> None:
    hits = np.array([True, False, False, False])
    assert accuracy.brier_skill(hits, np.full(4, 0.25)) == pytest.approx(0)
    assert accuracy.brier_skill(hits, hits.astype(float)) == 1
    assert accuracy.brier_skill(hits, np.full(4, 0.5)) == pytest.approx(1 - 0.25 / 0.1875)
    assert math.isnan(accuracy.brier_skill(np.zeros(4, bool), np.zeros(4)))


def test_reliability() -> None:
    bins = accuracy.reliability(np.array([False, True, True]), np.array([0.1, 0.3, 1.0]), (0, 0.5, 1))
    assert bins == [(0, 0.5, 2, 0.2, 0.5), (0.5, 1, 1, 1.0, 1.0)]


def test_episodes_join_alarms_near_each_other() -> None:
    on = np.zeros((2, 20), bool)
    on[0, [1, 2, 6, 11]] = True  # 4 apart is joined, 5 apart is not
    on[1, 12] = True
    assert accuracy.alarm_episodes(on, gap=4) == 3
    assert accuracy.alarm_episodes(np.zeros((2, 3), bool), gap=4) == 0


def test_measure_by_hand() -> None:
    """One event at 40; alarms at 36, 38 (true) and at 10, 20 (false)."""
    values = np.full(60, 0.5)
    values[40] = 1.0
    made = protocol(values)
    probability = np.zeros((1, len(made.columns)))
    probability[0, [10, 20, 36, 38]] = 0.8
    figures = accuracy.measure(made, 3600, Prediction(probability, probability), np.array([0.5]))
    labels, known = made.label(3600)
    rate = 4 / known.sum()
    assert labels[known].sum() == 4
    assert (figures.precision, figures.recall, figures.event_recall) == (0.5, 0.5, 1.0)
    assert figures.lead_seconds == 4 * 900
    assert figures.false_per_week == pytest.approx(2 / (known.sum() * 900 / (7 * 86_400)))
    wrong = (2 * 0.8**2 + 2 * 0.2**2 + 2) / known.sum()
    assert figures.brier_skill == pytest.approx(1 - wrong / (rate * (1 - rate)))
    assert figures.average_precision == pytest.approx((2 * 2 / 4 + 2 * 4 / known.sum()) / 4)
    silent = accuracy.measure(made, 3600, Prediction(probability, probability), np.array([0.9]))
    assert (silent.event_recall, silent.false_per_week, silent.recall) == (0, 0, 0)
    assert math.isnan(silent.precision)
    assert math.isnan(silent.lead_seconds)


def test_an_event_counts_only_with_an_instant_before_it() -> None:
    values = np.full(30, 0.5)
    values[20] = 1.0
    made = protocol(values, warm_up=2)
    known = made.label(900)[1]
    assert accuracy.lead_times(made, 900, known, known) == ([900.0], 1)
    none = np.zeros_like(known)
    assert accuracy.lead_times(made, 900, none, none) == ([], 0)


def test_pinball_and_coverage() -> None:
    values = np.array([1.0, 3.0, np.nan])
    quantiles = np.array([[0.0, 2.0], [0.0, 2.0], [0.0, 2.0]])
    # 0.1 * 1, 0.1 * 1 (above: (0.9 - 1) * -1), 0.1 * 3, 0.9 * 1
    assert accuracy.pinball(values, quantiles, (0.1, 0.9)) == pytest.approx((0.1 + 0.1 + 0.3 + 0.9) / 4)
    assert accuracy.coverage(values, quantiles[:, 0], quantiles[:, 1]) == 0.5
    assert math.isnan(accuracy.pinball(np.full(3, np.nan), quantiles, (0.1, 0.9)))
