"""Strengths of components on series that were made of known ones."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.tsa.seasonal import MSTL

from forecaster.backtest.events import Clock
from forecaster.backtest.patterns import hourly_means, pattern, patterns

CLOCK = Clock(step=900)
DAY, DAYS = 96, 28  # steps, days


def made(trend: float = 0, daily: float = 0, weekly: float = 0, noise: float = 0.0) -> np.ndarray:
    """A series of such standard deviations."""
    at = np.arange(DAYS * DAY) / DAY
    week = np.where(at % 7 >= 5, -1.0, 0.4)
    parts = (
        np.linspace(-1, 1, len(at)) * math.sqrt(3),
        np.sin(2 * math.pi * at) * math.sqrt(2),
        week / 0.632,
    )
    rest = np.repeat(np.random.default_rng(0).standard_normal(DAYS * 24), DAY // 24)  # of its hourly means
    return np.asarray(trend * parts[0] + daily * parts[1] + weekly * parts[2] + noise * rest)


@pytest.mark.parametrize("name", ["trend", "daily", "weekly", "remainder"])
def test_what_dominates_is_found(name: str) -> None:
    sizes = {"trend": 0.2, "daily": 0.2, "weekly": 0.2, "noise": 0.2}
    sizes["noise" if name == "remainder" else name] = 1.5
    found = patterns(made(**sizes)[None], CLOCK).series[0]
    assert found is not None
    assert found.dominant == name
    if name == "remainder":
        assert found.remainder > 0.6
    else:
        assert getattr(found, name) > 0.9
        assert found.remainder < 0.1


def test_strengths_are_shares_of_variance() -> None:
    found = patterns(made(daily=1, noise=0.5)[None], CLOCK).series[0]
    assert found is not None
    # 1 - 0.25 / 1.25, were all of the noise in the remainder.
    assert found.daily == pytest.approx(0.8, abs=0.06)
    assert found.remainder == pytest.approx(0.2, abs=0.06)


def test_noise_is_told_for_comparison() -> None:
    made_of = patterns(made(noise=1)[None], CLOCK)
    found, noise = made_of.series[0], made_of.noise
    assert found is not None
    assert noise is not None
    assert found.dominant == noise.dominant == "remainder"
    assert noise.weekly == pytest.approx(0.25, abs=0.1)  # each of its hours is known from four weeks
    assert noise.daily < 0.1
    assert noise.trend < 0.1


def test_the_decomposition_is_that_of_statsmodels() -> None:
    values = made(trend=0.5, daily=1, weekly=0.5, noise=0.4)
    hourly, day = hourly_means(values[None], CLOCK)
    found = pattern(hourly[0], day)
    assert found is not None
    windows = [10 * len(hourly[0]) + 1] * 2
    theirs = MSTL(hourly[0], periods=(24, 168), windows=windows, stl_kwargs={"seasonal_deg": 0}).fit()
    rest, week = theirs.resid, theirs.seasonal[:, 1]
    assert found.weekly == pytest.approx(1 - rest.var() / (week + rest).var(), rel=1e-9)
    assert found.remainder == pytest.approx(rest.var() / hourly[0].var(), rel=1e-9)


def test_a_season_needs_two_periods() -> None:
    values = made(daily=1, noise=0.3)
    two_weeks = patterns(values[None, : 14 * DAY], CLOCK).series[0]
    assert two_weeks is not None
    assert math.isnan(two_weeks.weekly)
    assert two_weeks.daily > 0.7
    assert patterns(values[None, : 2 * DAY], CLOCK).series == (None,)
    assert patterns(values[None, : 2 * DAY], CLOCK).noise is None


def test_series_without_a_pattern() -> None:
    half = made(daily=1)
    half[: len(half) // 3] = np.nan  # begins late: what is there counts
    gaps = made(daily=1)
    gaps[DAY : 20 * DAY] = np.nan
    rows = np.stack([np.full(len(half), 0.5), np.full(len(half), np.nan), gaps, half])
    assert [each is None for each in patterns(rows, CLOCK).series] == [True, True, True, False]


def test_hours_are_those_of_the_day() -> None:
    values = np.arange(16.0)[None]
    values[0, 4:8] = np.nan
    values[0, 9] = np.nan
    means, day = hourly_means(values, CLOCK)
    assert day == 24
    assert means[0].tolist()[::2] == [1.5, (8 + 10 + 11) / 3]
    assert math.isnan(means[0, 1])
    uneven, day = hourly_means(np.arange(207.0)[None], Clock(step=420))  # seven minutes
    assert (uneven.shape[1], day) == (25, 24)  # 206 of them are a day and two minutes
    assert uneven[0, 0] == 4.0
    whole, day = hourly_means(values, Clock(step=7200))
    assert (whole is values, day) == (True, 12)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**31), st.floats(-300, 300), st.integers(1, 200), st.floats(0, 1))
def test_nothing_raises(seed: int, exponent: float, hours: int, missing: float) -> None:
    rng = np.random.default_rng(seed)
    values = np.round(rng.normal(size=(2, hours)), 1) * 10.0**exponent
    values[rng.random(values.shape) < missing] = np.nan
    for each in patterns(values, Clock(step=3600)).series:
        assert each is None or all(math.isnan(figure) or 0 <= figure <= 1.5 for figure in each[:4])
