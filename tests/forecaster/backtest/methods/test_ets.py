"""When ETS is fitted, on what, and what it says of the limit."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecaster.backtest.events import Clock, Protocol
from forecaster.backtest.methods import ets
from forecaster.backtest.methods.ets_fit import Fit
from forecaster.backtest.methods.method import Question, Told
from forecaster.config.durations import horizon

CLOCK = Clock(step=3600)
DAY = 24  # steps


def ask(values: np.ndarray, warm_up: int = 4 * DAY, limit: float = 2.0) -> Told:
    table = np.atleast_2d(values)
    protocol = Protocol.of(table, np.full(len(table), limit), CLOCK, warm_up)
    question = Question(table, 1.0, protocol, (horizon("1h"), horizon("1d")), (0.1, 0.5, 0.9))
    return ets.ask(question, lambda _share: None)


def wave(days: float, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    clock = 2 * math.pi * np.arange(round(days * DAY)) / DAY
    return np.asarray(np.sin(clock) + rng.normal(0, 0.1, len(clock)))


def test_a_series_is_fitted_once_a_day() -> None:
    told = ask(np.stack([wave(8), wave(8, seed=1)]))
    assert told.fits == {ets.FITTED: 2 * 4}
    assert np.isfinite(told.probability).all()


def test_a_fit_rests_on_the_last_week() -> None:
    values = wave(10)
    told = ask(values, warm_up=9 * DAY).forecast[:, 0, 0]
    week = Fit.of(values[9 * DAY + 1 - 7 * DAY : 9 * DAY + 1], DAY)
    ahead = week.ahead(np.empty(0), np.array([0]), DAY)[0]
    assert told[:, 1] == pytest.approx(ahead[[0, -1]])


def test_no_answer_without_a_fit() -> None:
    short = ask(wave(4), warm_up=DAY)
    assert short.fits[ets.SHORT] == 2  # two days and ten hours are needed
    assert short.fits[ets.FITTED] == 1
    assert np.isnan(short.probability[:, 0, : 2 * DAY]).all()
    assert np.isfinite(short.probability[:, 0, 2 * DAY :]).all()
    flat = wave(8)
    flat[: 6 * DAY] = 0.25
    # Windows that end in the flat days are constant; the next one is not.
    assert ask(flat).fits == {ets.CONSTANT: 2, ets.FITTED: 2}
    gap = wave(11)
    gap[2 * DAY : 6 * DAY] = np.nan  # more than half of the week before the tenth day
    assert ask(gap, warm_up=9 * DAY).fits == {ets.SHORT: 1, ets.FITTED: 1}
    assert ask(np.full(8 * DAY, np.nan)).fits == {ets.SHORT: 4}


def test_gaps_are_filled_from_the_past() -> None:
    values = np.array([np.nan, np.nan, 3.0, 4.0, np.nan, np.nan, 7.0, np.nan, np.nan, np.inf])
    assert ets.without_gaps(values, 3)[2:].tolist() == [3, 4, 4, 3, 7, 4, 3, 7]
    assert np.isnan(ets.without_gaps(values, 3)[:2]).all()


def test_the_probability_is_the_share_of_paths_that_reach_the_limit() -> None:
    ahead = np.array([[0.0, 0.0, 0.0], [0.9, 0.0, 0.0], [-9.0, -9.0, 3.0]])
    noise = np.array([[0.0, 0.0, 0.0], [0.2, 0.0, -3.0], [0.0, 1.0, 0.0], [-5.0, 0.0, 0.0]])
    shares = ets.reached(ahead, noise, 1.0, np.array([1, 2, 3]))
    assert shares.tolist() == [[0, 0.25, 0], [0.25, 0.5, 0], [0.25, 0.5, 0.75]]
    assert not ets.reached(ahead, noise, np.nan, np.array([3])).any()


def test_one_step_ahead_it_is_that_of_the_normal_distribution() -> None:
    values = wave(9)
    told = ask(values, warm_up=8 * DAY, limit=0.8)
    low, middle, high = told.forecast[0, 0].T
    deviation = (high - low) / (2 * NormalDist().inv_cdf(0.9))
    normal = [1 - NormalDist(m, s).cdf(0.8) for m, s in zip(middle, deviation, strict=True)]
    assert told.probability[0, 0] == pytest.approx(np.array(normal), abs=0.09)
    assert np.ptp(told.probability[0, 0]) > 0.2


def test_its_intervals_hold_what_they_say() -> None:
    """On a random walk, whose model it contains, 80 % of the values lie between the outer quantiles."""
    walk = np.cumsum(np.random.default_rng(5).normal(0, 1, (12, 14 * DAY)), axis=1)
    told = ask(walk, warm_up=7 * DAY, limit=np.nan)
    columns = 7 * DAY + np.arange(told.forecast.shape[2] - DAY)
    came = walk[:, columns + 1]
    low, high = (told.forecast[0, :, : len(columns), edge] for edge in (0, -1))
    assert np.mean((low <= came) & (came <= high)) == pytest.approx(0.8, abs=0.05)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**31), st.floats(-300, 300), st.sampled_from(["walk", "steps", "spike", "rounded"]))
def test_nothing_raises(seed: int, exponent: float, kind: str) -> None:
    rng = np.random.default_rng(seed)
    values = {
        "walk": np.cumsum(rng.normal(size=4 * DAY)),
        "steps": np.repeat(rng.integers(0, 2, 4), DAY).astype(float),
        "spike": np.where(np.arange(4 * DAY) == rng.integers(4 * DAY), 1.0, 0.0),
        "rounded": np.round(wave(4, seed=seed)),
    }[kind]
    with np.errstate(over="ignore"):
        values *= 10.0**exponent
    values[rng.random(len(values)) < 0.1] = np.nan
    told = ask(values, warm_up=3 * DAY)
    assert sum(told.fits.values()) == 1
    fitted = bool(told.fits.get(ets.FITTED) or told.fits.get(ets.UNCONVERGED))
    assert np.isfinite(told.probability).all() == fitted
