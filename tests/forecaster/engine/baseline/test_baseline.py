from __future__ import annotations

import numpy as np
import pytest

from forecaster.engine.baseline import Baseline
from forecaster.engine.baseline.error_scale import ErrorScale
from forecaster.engine.baseline.fit_window import FitWindow, delay
from forecaster.engine.settings import Settings

HOURLY = Settings(step=3600)


def test_history_holds_a_window_and_what_comes_during_a_refit() -> None:
    settings = Settings(step=21600, fit_days=2)
    window = FitWindow.fresh(2, settings)
    for tick in range(100, 117):
        window.observe(np.array([tick, -tick], np.float64), tick)
    assert window.steps == 8
    for tick in range(116 - delay(settings) - 7, 117):
        np.testing.assert_array_equal(window.at(tick), [tick, -tick])


def test_parameters_are_fitted_once_two_days_are_known() -> None:
    rng = np.random.default_rng(0)
    baseline = Baseline.fresh(2, HOURLY)
    days, first = 6, 24 * 19_000
    t = np.arange(24 * days)
    values = 50 + 20 * np.sin(2 * np.pi * t / 24)[:, None] + rng.normal(0, 1, (24 * days, 2))
    values[:61, 1] = np.nan
    fitted = []
    for tick, row in enumerate(values):
        baseline.observe(row, first + tick)
        if tick % 24 == 23:
            fitted.append(baseline.fitted.tolist())
    assert fitted == [[False, False]] * 2 + [[True, False]] * 3 + [[True, True]]
    season = baseline.seasonal.model.season[:, 0]
    np.testing.assert_allclose(season, 20 * np.sin(2 * np.pi * np.arange(24) / 24), atol=3)
    model = baseline.seasonal.model
    assert (model.gamma >= 0.099 * (1 - model.alpha)).all()


def test_errors_are_measured_robustly() -> None:
    rng = np.random.default_rng(0)
    scale = ErrorScale.fresh(2, HOURLY)
    errors = rng.normal(0, 2, (2000, 2))
    errors[::50, 1] = 1000.0
    for row in errors:
        scale.observe(row, 500 + row)
    assert scale.deviation()[0] == pytest.approx(2.0, rel=0.25)
    assert scale.deviation()[1] < 4
    assert (scale.widening() == 1).all()


def test_bands_have_a_least_width_and_start_wide() -> None:
    scale = ErrorScale.fresh(1, HOURLY)
    assert scale.widening()[0] == 3
    for value in (0.0, 1000.0, 1000.0, 1000.0):
        scale.observe(np.zeros(1), np.array([value]))
    assert scale.deviation()[0] == pytest.approx(1.0)
