"""What holds of every method there is: no look ahead, the same for falling series, answers of one shape."""

from __future__ import annotations

import math

import numpy as np
import pytest

from forecaster.backtest.events import Clock, Protocol
from forecaster.backtest.methods.method import Gives, Method, Question, answers
from forecaster.backtest.methods.registry import BASELINES, OURS, POINTS, REFERENCE_MODELS
from forecaster.config.durations import horizon

CLOCK = Clock(step=3600)
DAY = 24  # steps
METHODS = (*BASELINES, *REFERENCE_MODELS)
HORIZONS = tuple(map(horizon, ("1h", "6h", "1d", "2d")))
LEVELS = (0.1, 0.5, 0.9)
every_method = pytest.mark.parametrize("method", METHODS, ids=[each.name for each in METHODS])


def waves(seed: int = 0, days: int = 12) -> np.ndarray:
    """Three noisy daily waves that now and then reach 0.9, with a gap."""
    rng = np.random.default_rng(seed)
    clock = 2 * math.pi * np.arange(days * DAY) / DAY
    values = 0.55 + 0.25 * np.sin(clock + np.arange(3)[:, None]) + rng.normal(0, 0.06, (3, days * DAY))
    values[1, 70:75] = np.nan
    return np.asarray(values)


def question(values: np.ndarray, toward: float = 1.0, limit: float = 0.9) -> Question:
    limits = np.full(len(values), limit)
    protocol = Protocol.of(toward * values, toward * limits, CLOCK, 8 * DAY)
    return Question(values, toward, protocol, HORIZONS, LEVELS)


def ask(method: Method, asked: Question) -> dict[str, np.ndarray]:
    told = method.ask(asked, lambda _share: None)
    return {"probability": told.probability, "score": told.score, "forecast": told.forecast}


def test_names_tell_methods_apart() -> None:
    names = [OURS, *(each.name for each in METHODS)]
    assert len(set(names)) == len(names)
    assert set(names) > POINTS
    assert {each.name for each in METHODS if each.gives is Gives.POINT} == POINTS


def test_no_horizon_is_no_question() -> None:
    asked = question(waves())
    nothing = Question(asked.values, 1.0, asked.protocol, (), LEVELS)
    assert answers(METHODS, nothing, lambda _share: None) == {}


@every_method
def test_answers_have_one_shape(method: Method) -> None:
    told = ask(method, question(waves()))
    shape = len(HORIZONS), 3, 4 * DAY - 1
    assert told["probability"].shape == told["score"].shape == shape
    assert told["forecast"].shape == (*shape, len(LEVELS))
    assert np.isfinite(told["forecast"]).all()
    assert ((told["probability"] >= 0) & (told["probability"] <= 1)).all()
    assert (np.diff(told["forecast"], axis=-1) >= 0).all()
    equal = told["forecast"][..., 0] == told["forecast"][..., -1]
    assert equal.all() == (method.gives is Gives.POINT)


@every_method
def test_nothing_of_the_future_is_used(method: Method) -> None:
    values, now = waves(), 10 * DAY
    later = values.copy()
    later[:, now + 1 :] = waves(seed=1)[:, now + 1 :] + 0.2
    both = [ask(method, question(each)) for each in (values, later)]
    known = question(values).protocol.columns <= now
    assert known.any()
    for name in both[0]:
        one, other = (each[name][:, :, known] for each in both)
        assert (one == other).all(), name
        assert not np.array_equal(both[0][name], both[1][name]), name


@every_method
def test_falling_to_a_limit_is_rising_to_it_in_a_mirror(method: Method) -> None:
    values = waves()
    up, down = ask(method, question(values)), ask(method, question(-values, toward=-1.0, limit=-0.9))
    assert (up["probability"] == down["probability"]).all()
    assert up["score"] == pytest.approx(down["score"], abs=1e-12)
    assert up["forecast"] == pytest.approx(-down["forecast"][..., ::-1], abs=1e-9)


@every_method
def test_without_a_limit_nothing_is_reached(method: Method) -> None:
    assert (ask(method, question(waves(), limit=np.nan))["probability"] == 0).all()


@every_method
def test_a_series_is_answered_as_among_others(method: Method) -> None:
    asked = question(waves())
    whole, part = ask(method, asked), ask(method, asked.take([2]))
    for name, each in part.items():
        assert np.array_equal(each[:, 0], whole[name][:, 2], equal_nan=True), name
