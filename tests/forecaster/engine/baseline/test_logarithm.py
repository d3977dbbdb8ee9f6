from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from statsmodels.base.transform import BoxCox

from forecaster.engine.baseline import Baseline, logarithm
from forecaster.engine.baseline.logarithm import asks_for_logarithms, take_logarithms
from forecaster.engine.settings import Settings
from forecaster.replay import replay

if TYPE_CHECKING:
    import pytest

HOURLY = Settings(step=3600)
START = 1_700_006_400


def growing(n: int, days: int, seed: int = 0) -> np.ndarray:
    """Hourly series (n, t) whose daily wave is a factor of a level that goes up and down."""
    rng, t = np.random.default_rng(seed), np.arange(24 * days)
    level = 20 * np.exp(0.8 * np.sin(2 * np.pi * t / 24 / rng.uniform(6, 12, (n, 1))))
    wave = np.exp(0.7 * np.sin(2 * np.pi * t / 24 + rng.uniform(0, 6, (n, 1))))
    return level * wave * np.exp(rng.normal(0, 0.02, (n, len(t))))


def additive(n: int, days: int, seed: int = 0) -> np.ndarray:
    rng, t = np.random.default_rng(seed), np.arange(24 * days)
    wave = 20 * np.sin(2 * np.pi * t / 24 + rng.uniform(0, 6, (n, 1)))
    return 60 + wave + np.cumsum(rng.normal(0, 0.5, (n, len(t))), axis=1) + rng.normal(0, 1, (n, len(t)))


def test_logarithms_are_asked_for_where_guerreros_power_is_nearer_to_0() -> None:
    values = np.concatenate((growing(8, 12), additive(8, 12)))
    asks = asks_for_logarithms(values, 4)
    assert asks[:8].sum() >= 6
    assert not asks[8:].any()
    for row in values[asks]:
        _, power = BoxCox().transform_boxcox(row, method="guerrero", window_length=4, scale="sd")
        assert power < 0.5


def test_nothing_but_positive_values_has_logarithms() -> None:
    values = growing(2, 6)
    assert asks_for_logarithms(values, 4).all()
    values[0, 50], values[1, 50] = 0.0, np.nan
    assert asks_for_logarithms(values, 4).tolist() == [False, True]


def test_logarithms_are_those_of_single_samples_to_the_last_bit() -> None:
    """Numpy's are not, on some processors: a filter that was followed would not be one fitted now."""
    values = np.random.default_rng(5).uniform(1e-3, 1e3, (3, 5000))
    values[0, :3] = 0.0, -1.0, np.nan
    before, where = values.copy(), np.array([True, False, True])
    take_logarithms(values, where)
    expected = [[math.log(each) if each > 0 else math.nan for each in row] for row in before[where].tolist()]
    np.testing.assert_array_equal(values[where], expected)
    np.testing.assert_array_equal(values[1], before[1])


def errors(values: np.ndarray) -> np.ndarray:
    """Mean absolute one-step-ahead errors of the seasonal member in the second half (n,)."""
    baseline, total = Baseline.fresh(len(values), HOURLY), np.zeros(len(values))
    for tick, row in enumerate(values.T, START // 3600):
        if tick - START // 3600 >= values.shape[1] // 2:
            total += np.abs(row - baseline.seasonal.expected(tick % 24))
        baseline.observe(row[None], tick)
    mean: np.ndarray = total / (values.shape[1] // 2)
    return mean


def test_a_season_that_grows_with_the_level_is_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    values = growing(8, 24)
    by_logarithms = errors(values)
    monkeypatch.setattr(logarithm, "_CLEARLY", 0.0)  # nobody asks
    assert by_logarithms.mean() < 0.6 * errors(values).mean()


def test_what_falls_to_zero_after_all_is_survived() -> None:
    values = growing(2, 20)
    values[0, 300:340] = 0.0
    values[1, 300:] *= -1
    r = replay(values, START + 3600 * np.arange(values.shape[1]), limit=1000.0)
    for name in ("expected", "lower", "upper", "forecast", "probability"):
        assert np.isfinite(getattr(r, name)).all(), name
    assert (r.lower <= r.expected).all()
    assert abs(r.expected[1, -24:] - values[1, -24:]).mean() < 10


def test_a_scaled_series_has_scaled_forecasts() -> None:
    values = growing(3, 12)
    one, other = (replay(k * values, START + 3600 * np.arange(values.shape[1])) for k in (1.0, 2.0**17))
    np.testing.assert_allclose(other.forecast, 2.0**17 * one.forecast, rtol=1e-4, atol=1.0)
    np.testing.assert_allclose(other.expected, 2.0**17 * one.expected, rtol=1e-4, atol=1.0)
