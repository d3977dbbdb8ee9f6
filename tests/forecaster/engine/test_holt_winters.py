from __future__ import annotations

import warnings

import numpy as np
import pytest
from statsmodels.tsa.holtwinters import ExponentialSmoothing

from forecaster.engine.holt_winters import HoltWinters, fit, kernel

VISITOR_NIGHTS = [
    42.2057, 24.6492, 32.6673, 37.2574, 45.2425, 29.3505, 36.3442, 41.7821, 49.2766, 31.2754, 37.8506,
    38.8370, 51.2369, 31.8386, 41.3234, 42.7990, 55.7084, 33.4071, 42.3166, 45.1571, 59.5761, 34.8373,
    44.8417, 46.9712, 60.0190, 38.3712, 46.9759, 50.7338, 61.6469, 39.2996, 52.6712, 54.3323, 66.8344,
    40.8712, 51.8285, 57.4919, 65.2515, 43.0612, 54.7608, 59.8345, 73.2570, 47.6966, 61.0978, 66.0558,
]  # fmt: skip
"""International visitor nights in Australia, millions per quarter, 2005-2015."""


def column(value: float) -> np.ndarray:
    return np.array([value], np.float64)


def seasonal_series(n: int, steps: int, season: int, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    t = np.arange(steps)
    shift = rng.uniform(0, 6, (n, 1))
    wave = 10 * np.sin(2 * np.pi * t / season + shift) + 3 * np.sin(4 * np.pi * t / season)
    wander = np.cumsum(rng.normal(0, rng.uniform(0, 0.4, (n, 1)), (n, steps)), axis=1)
    series: np.ndarray = 40 + wave + 0.01 * t + wander + rng.normal(0, 1, (n, steps))
    return series


def test_published_worked_example() -> None:
    """Hyndman and Athanasopoulos, Forecasting: Principles and Practice (2nd ed.), table 7.3, additive."""
    start = [[9.70], [-9.31], [-1.69], [1.31]]
    parameters = (column(0.306), column(0.0003), column(0.426), column(1.0))
    model = HoltWinters(*parameters, column(32.26), column(0.7014), np.array(start, np.float32))
    table = {}
    squares = 0.0
    for t, value in enumerate(VISITOR_NIGHTS):
        expected = model.expected(t)
        squares += float((value - expected[0]) ** 2)
        model.follow(np.array([value]), t)
        table[t + 1] = (model.level[0], model.trend[0], model.season[t % 4, 0], expected[0])
    published = {
        1: (32.82, 0.70, 9.50, 42.66),
        2: (33.66, 0.70, -9.13, 24.21),
        3: (34.36, 0.70, -1.69, 32.67),
        4: (35.33, 0.70, 1.69, 36.37),
        44: (63.22, 0.70, 2.35, 64.22),
    }
    for step, row in published.items():
        assert table[step] == pytest.approx(row, abs=0.011)
    ahead = [model.ahead(h, 44 + h - 1)[0] for h in (1, 2, 3, 4)]
    assert ahead == pytest.approx([76.10, 51.60, 63.97, 68.37], abs=0.011)
    assert np.sqrt(squares / 44) == pytest.approx(1.763, abs=0.001)


def test_starting_values_are_those_of_statsmodels() -> None:
    for season in (7, 24):
        values = seasonal_series(5, 6 * season + 3, season)
        for series in values:
            level, offsets = np.empty(2), np.empty(season)
            kernel.start(series, season, level, offsets, np.empty(len(series) + season))
            kwargs = {"trend": "add", "seasonal": "add", "seasonal_periods": season}
            known = ExponentialSmoothing(series, initialization_method="heuristic", **kwargs)
            oracle = known.initial_values()
            assert level[0] == pytest.approx(oracle[0], rel=1e-10)
            assert level[1] == pytest.approx(oracle[1], rel=1e-8)
            np.testing.assert_allclose(offsets, np.ravel(oracle[2]), atol=1e-10)


def statsmodels_sse(series: np.ndarray, season: int) -> float:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        seasonal = {"seasonal": "add", "seasonal_periods": season} if season > 1 else {}
        model = ExponentialSmoothing(series, trend="add", initialization_method="heuristic", **seasonal)
        return float((np.asarray(model.fit().resid)[season:] ** 2).sum())


@pytest.mark.parametrize("season", [1, 24])
def test_fit_reaches_the_optimum_of_statsmodels(season: int) -> None:
    values = seasonal_series(16, 168, 24)
    fitted = fit(values, season=season)
    ratio = fitted.sse / [statsmodels_sse(series, season) for series in values]
    assert np.median(ratio) <= 1.001
    assert np.quantile(ratio, 0.95) <= 1.005


def test_residuals_are_those_of_the_filter() -> None:
    values = seasonal_series(3, 120, 24)
    fitted = fit(values, season=24, phi=0.95)
    assert fitted.residuals.shape == (3, 120)
    np.testing.assert_allclose((fitted.residuals[:, 24:] ** 2).sum(axis=1), fitted.sse)
    expected = fitted.model.expected(120)
    longer = fit(np.c_[values, expected + 1], season=24, phi=0.95)
    assert np.abs(longer.residuals[:, -1]).max() < 3


def test_a_column_does_not_depend_on_its_neighbours() -> None:
    values = seasonal_series(9, 96, 12)
    values[4, 30:40] = np.nan
    together = fit(values, season=12)
    for i, series in enumerate(values):
        alone = fit(series[None], season=12)
        np.testing.assert_array_equal(alone.residuals[0], together.residuals[i])
        assert alone.sse[0] == pytest.approx(together.sse[i], rel=1e-12)


def test_scaled_and_shifted_values_give_scaled_residuals() -> None:
    values = seasonal_series(4, 96, 12)
    plain, moved = fit(values, season=12), fit(1000 * values - 7e4, season=12)
    np.testing.assert_allclose(moved.residuals, 1000 * plain.residuals, rtol=1e-3, atol=1e-1)


@pytest.mark.parametrize("size", [0.0, 1.0, 1e-300, 1e300])
def test_degenerate_series(size: float) -> None:
    values = np.full((4, 60), size)
    values[1, ::2] = -size
    values[2] = np.nan
    values[3, 5:] = np.nan
    fitted = fit(values, season=12)
    assert np.isfinite(fitted.model.level).all()
    assert np.isfinite(fitted.model.season).all()
    assert np.isfinite(fitted.residuals[np.isfinite(values)]).all()
    np.testing.assert_allclose(fitted.residuals[0], 0, atol=1e-12 * abs(size))


def test_without_two_seasons_there_is_no_season() -> None:
    assert fit(seasonal_series(2, 30, 24), season=24).model.season.shape == (1, 2)
    assert fit(seasonal_series(2, 48, 24), season=24).model.season.shape == (24, 2)


def test_missing_values_do_not_move_the_filter() -> None:
    values = seasonal_series(1, 240, 24)
    values[0, 200:] = np.nan
    fitted = fit(values, season=24)
    assert np.isnan(fitted.residuals[0, 200:]).all()
    short = fit(values[:, :200], season=24)
    np.testing.assert_allclose(fitted.model.season, short.model.season)


def test_damped_forecasts_level_off() -> None:
    model = HoltWinters.fresh(1, 1)
    model.level, model.trend, model.phi = column(10.0), column(1.0), column(0.9)
    assert model.ahead(1, 0)[0] == pytest.approx(10.9)
    assert model.ahead(2, 0)[0] == pytest.approx(10 + 0.9 + 0.81)
    assert model.ahead(10_000, 0)[0] == pytest.approx(19.0)
    model.phi = column(1.0)
    assert model.ahead(7, 0)[0] == pytest.approx(17.0)
