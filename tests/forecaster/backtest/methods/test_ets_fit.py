"""Our ETS says what statsmodels says when it is called directly, with a season and without.

The series is a published one: monthly sea surface temperatures of the Pacific (statsmodels.datasets.elnino).
"""

from __future__ import annotations

import warnings
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from statsmodels.datasets import elnino
from statsmodels.tsa.exponential_smoothing.ets import ETSModel

from forecaster.backtest.methods.ets_fit import Fit

if TYPE_CHECKING:
    from collections.abc import Iterator

WINDOW, AHEAD = 20 * 12, 36  # months
seasons = pytest.mark.parametrize("season", [12, 1])


@pytest.fixture(scope="module")
def temperatures() -> np.ndarray:
    return np.asarray(elnino.load_pandas().data.iloc[:, 1:], np.float64).ravel()


@pytest.fixture(autouse=True)
def as_shipped() -> Iterator[None]:
    """Statsmodels' own warnings are not ours."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def directly(values: Any, season: int) -> Any:
    seasonal = {"seasonal": "add", "seasonal_periods": season} if season > 1 else {}
    options = {"error": "add", "trend": "add", "damped_trend": True, "initialization_method": "heuristic"}
    return ETSModel(values, **options, **seasonal).fit(disp=False)


@seasons
def test_the_fit_is_that_of_statsmodels(temperatures: np.ndarray, season: int) -> None:
    theirs, ours = directly(temperatures[:WINDOW], season), Fit.of(temperatures[:WINDOW], season)
    assert np.asarray(ours.result.params).tolist() == np.asarray(theirs.params).tolist()
    assert (ours.converged, ours.usable) == (theirs.mle_retvals["converged"], True)


@seasons
def test_quantiles_are_its_prediction_intervals(temperatures: np.ndarray, season: int) -> None:
    series = pd.Series(temperatures[:WINDOW])
    theirs = directly(series, season).get_prediction(start=WINDOW, end=WINDOW + AHEAD - 1)
    ours = Fit.of(temperatures[:WINDOW], season)
    expected = ours.ahead(temperatures[WINDOW:], np.array([0]), AHEAD)[0]
    assert expected == pytest.approx(np.asarray(theirs.predicted_mean), rel=1e-12)
    for level in (0.2, 0.05):
        width = NormalDist().inv_cdf(1 - level / 2) * ours.deviations(AHEAD)
        edges = np.asarray(theirs.pred_int(level))
        assert expected - width == pytest.approx(edges[:, 0], rel=1e-12)
        assert expected + width == pytest.approx(edges[:, 1], rel=1e-12)


@seasons
def test_later_values_move_the_states_as_in_statsmodels(temperatures: np.ndarray, season: int) -> None:
    ours = Fit.of(temperatures[:WINDOW], season)
    seen = np.array([1, 5, 30])
    ahead = ours.ahead(temperatures[WINDOW : WINDOW + 40], seen, AHEAD)
    for row, count in zip(ahead, seen, strict=True):
        model = ETSModel(
            temperatures[: WINDOW + count],
            error="add",
            trend="add",
            damped_trend=True,
            seasonal="add" if season > 1 else None,
            seasonal_periods=season if season > 1 else None,
            initialization_method="known",
            initial_level=ours.model.initial_level,
            initial_trend=ours.model.initial_trend,
            initial_seasonal=ours.model.initial_seasonal if season > 1 else None,
        )
        assert row == pytest.approx(model.smooth(ours.result.params).forecast(AHEAD), rel=1e-12)


@seasons
def test_paths_are_those_of_its_simulation(temperatures: np.ndarray, season: int) -> None:
    ours = Fit.of(temperatures[:WINDOW], season)
    errors = np.random.default_rng(0).standard_normal((7, AHEAD))
    scaled = (errors * np.sqrt(ours.result.scale)).T
    theirs = ours.result.simulate(AHEAD, anchor="end", repetitions=7, random_errors=scaled)
    paths = ours.ahead(temperatures[WINDOW:], np.array([0]), AHEAD) + ours.noise(errors)
    assert paths == pytest.approx(np.asarray(theirs).T, rel=1e-10)
