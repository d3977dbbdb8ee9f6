"""Figures of merit and baselines on examples small enough to do by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from forecaster.backtest import accuracy, baselines
from forecaster.backtest.accuracy import Prediction
from forecaster.backtest.events import Clock, Protocol

CLOCK = Clock(step=900)  # four steps an hour, an instant each step
HOUR, DAY = 4, 96
LIMIT = np.array([0.9])


def protocol(values: np.ndarray, warm_up: int = 0, limits: np.ndarray = LIMIT) -> Protocol:
    return Protocol.of(np.atleast_2d(values), limits, CLOCK, warm_up)


def test_an_event_begins_after_an_hour_below() -> None:
    values = np.full(30, 0.5)
    values[[10, 12, 20]] = 0.9  # 12 follows within the hour
    assert protocol(values).events.tolist() == [[0, 10], [0, 20]]
    assert protocol(values, warm_up=10).events.tolist() == [[0, 20]]
    values[16:19] = np.nan  # one of the four values before 20 is left
    assert protocol(values).events.tolist() == [[0, 10]]
    values[18] = 0.5  # half of the hour is enough
    assert protocol(values).events.tolist() == [[0, 10], [0, 20]]
    assert protocol(values, limits=np.array([np.nan])).events.tolist() == []


def test_instants_need_a_value_and_a_quiet_hour() -> None:
    values = np.full(20, 0.5)
    values[10] = 0.95
    values[15] = np.nan
    usable = np.flatnonzero(protocol(values, warm_up=2).usable[0]) + 2
    assert usable.tolist() == [2, 3, 4, 5, 6, 7, 8, 9, 14, 16, 17, 18]


def test_labels_and_what_is_left_out() -> None:
    values = np.full(30, 0.5)
    values[20] = 0.95
    values[9] = np.nan
    made = protocol(values)
    labels, known = made.label(3600)
    assert np.flatnonzero(labels[0]).tolist() == [16, 17, 18, 19]
    # Three of four are not 80 %: the hours that hold 9, and those that reach beyond the end, have no label.
    assert np.flatnonzero(~known[0]).tolist() == [0, 5, 6, 7, 8, 9, 20, 21, 22, 23, 26, 27, 28]


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


def test_predict_linear_continues_a_line() -> None:
    values = np.arange(20, dtype=float)[None] * 0.01
    values[0, 9] = np.nan
    values[0, 6] = 5.0  # just outside the last hour of 10
    line = baselines.linear(values, np.array([0, 10, 19]), HOUR, 4)
    assert line[0] == pytest.approx([0.0, 0.14, 0.23])
    assert np.isnan(baselines.linear(np.full((1, 5), np.nan), np.array([4]), HOUR, 4)).all()


def test_yesterday_holds_the_same_span_only() -> None:
    values = np.zeros((1, 3 * DAY))
    values[0, 50] = 1.0
    at = np.array([DAY + 45, DAY + 46, DAY + 49, DAY + 50])
    assert baselines.yesterday_maximum(values, at, CLOCK, 3600)[0].tolist() == [0, 1, 1, 0]
    early = baselines.yesterday_maximum(values, np.array([10]), CLOCK, 3600)
    assert np.isnan(early).all()
    two_days = baselines.yesterday_maximum(values, np.array([2 * DAY + 49]), CLOCK, 2 * 86_400)
    assert two_days[0, 0] == 1


def test_the_same_clock_counts_days_with_an_onset() -> None:
    values = np.zeros((1, 5 * DAY))
    values[0, [50, DAY + 50]] = 1.0
    made = protocol(values, warm_up=DAY)
    rates = baselines.onset_rate(made, 3600, np.isfinite(values))[0]
    at = {back: back * DAY + 48 - DAY for back in (1, 2, 4)}
    assert [rates[column] for column in at.values()] == [1.0, 1.0, 0.5]
    assert rates[at[4] + 4] == 0


def test_nothing_of_the_future_is_used() -> None:
    rng = np.random.default_rng(0)
    values = rng.random((2, 9 * DAY))
    later = values.copy()
    later[:, 8 * DAY + 1 :] = rng.random((2, DAY - 1))
    at = np.array([8 * DAY])
    for horizon in (900, 3600, 86_400, 2 * 86_400):
        made = [baselines.forecast(each, at, CLOCK, horizon, (0.1, 0.5)) for each in (values, later)]
        for name, told in made[0].items():
            assert (told == made[1][name]).all(), name
        limits = np.array([0.95, 0.95])
        said = [
            baselines.exhaustion(each, Protocol.of(each, limits, CLOCK, 8 * DAY), horizon)
            for each in (values, later)
        ]
        for name, each in said[0].items():
            assert (each.score[:, 0] == said[1][name].score[:, 0]).all(), name


def test_same_clock_quantiles() -> None:
    values = np.repeat(np.arange(9.0), DAY)[None]
    told = baselines.forecast(values, np.array([8 * DAY]), CLOCK, 3600, (0.0, 0.5, 1.0))
    assert told[baselines.CLIMATE][0, 0].tolist() == [1, 4, 7]
    assert told[baselines.NAIVE][0, 0].tolist() == [7, 7, 7]
