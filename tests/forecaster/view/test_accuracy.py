"""Figures of a record: of a series, and of a resource whose series all count alike."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from example_view import make, record
from forecaster.engine.verification import Record
from forecaster.view.accuracy import WORSE, accuracy, exhaustions


def test_a_series_has_its_own_figures() -> None:
    near, far = accuracy(record(), [0])
    assert (near.outcomes, near.held, near.better, near.worse) == (40, 0.8, "last", False)
    assert near.errors == pytest.approx((0.8, 0.5))
    assert near.error == near.errors[0]
    assert far.errors == pytest.approx((2.0, 1.0))
    assert (far.error, far.better, far.worse) == (far.errors[0], "last", True)
    assert near.brier_skill == pytest.approx(1 - (4.2 / 40) / (0.3 * 0.7))
    assert exhaustions(record(), [0]) == (3, 1)
    assert exhaustions(record(), [1]) == (0, 0)


def test_all_series_of_a_resource_count_alike() -> None:
    """The second series in another unit, a million times as large, changes nothing."""
    large = record()
    for table in (large.error, large.error_last, large.error_earlier):
        table[:, 1] *= 1e6
    (mine, _), (theirs, _) = accuracy(record()), accuracy(large)
    assert mine.errors == pytest.approx(theirs.errors)
    assert mine.held == pytest.approx((32 + 15) / 60)


def test_the_better_naive_forecast_is_the_one_that_counts() -> None:
    found = accuracy(replace(record(), error_earlier=record().error_last * np.float32(0.25)))[0]
    assert found.better == "yesterday"
    assert found.error == found.errors[1] > found.errors[0]


def test_little_is_not_known_and_exact_series_are_no_ratio() -> None:
    few = replace(record(), outcomes=np.full((2, 2), 4, np.float32), chances=np.ones((2, 2), np.float32))
    for found in accuracy(few):
        assert math.isnan(found.held)
        assert math.isnan(found.error)
        assert math.isnan(found.brier_skill)
        assert not found.worse
    none = np.zeros((2, 2), np.float32)
    exact = accuracy(replace(record(), error=none, error_last=none, error_earlier=none))[0]
    assert math.isnan(exact.error)
    assert exact.held > 0.7
    assert math.isnan(accuracy(replace(record(), reached=none))[0].brier_skill)
    assert math.isnan(accuracy(record())[1].brier_skill)  # 6 of 16


def test_errors_where_naive_forecasts_make_none_count_against_a_resource() -> None:
    """One series is constant, and its forecast is not: it weighs no more than another one."""
    only = Record(*(each.copy() for each in vars(record()).values()))
    only.error_last[0, 0] = only.error_earlier[0, 0] = 0
    found = accuracy(only)[0]
    assert math.isfinite(found.error)
    assert found.error > WORSE


def test_a_resource_says_where_it_is_worse() -> None:
    (each, idle) = make().resources
    text = "its forecasts for 24h err 1.8 times as much as a naive one (last value)"
    assert each.worse == text
    assert f"vm_cpu: {text}." in each.remarks
    assert (idle.worse, idle.accuracy, idle.remarks) == ("", {}, [])
