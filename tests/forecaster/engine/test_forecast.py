from __future__ import annotations

import numpy as np
import pytest

from forecaster.engine.forecast import HorizonErrors
from forecaster.engine.settings import Settings
from forecaster.replay import replay

START = 1_700_006_400
HOURLY = Settings(step=3600, horizons=(3600, 7200))


def run(horizon: HorizonErrors, values: np.ndarray, views: np.ndarray) -> None:
    """`values` (steps,), `views` (steps, n_views): the views' forecasts for `horizon.steps` later."""
    for tick, value in enumerate(values):
        horizon.judge(np.array([value]), tick, HOURLY.quantiles)
        row = views[tick][:, None]
        horizon.note(row, horizon.choose(row, np.zeros(1, np.intp)), tick, np.ones(1, dtype=bool))


def test_the_view_that_was_right_is_chosen() -> None:
    horizon = HorizonErrors.fresh(1, 2, 7200, HOURLY)
    t = np.arange(100.0)
    run(horizon, t, np.stack([t, t + 2], axis=1))  # the second one knows where it will be in two steps
    np.testing.assert_allclose(horizon.error[:2, 0], [2.0, 0.0])
    said = horizon.choose(np.array([[5.0], [7.0]]), np.zeros(1, np.intp))
    assert said[0] == 7.0
    assert horizon.choose(np.array([[5.0], [np.nan]]), np.zeros(1, np.intp))[0] == 5.0


def test_unjudged_the_usual_view_speaks() -> None:
    horizon = HorizonErrors.fresh(1, 2, 7200, HOURLY)
    assert horizon.choose(np.array([[5.0], [7.0]]), np.ones(1, np.intp))[0] == 7.0
    spread = horizon.spread(np.full(1, 10.0), (0.1, 0.5, 0.9))
    np.testing.assert_allclose(spread[:, 0], [-12.8, 0, 12.8], atol=0.1)


def test_quantiles_are_those_of_the_errors() -> None:
    rng = np.random.default_rng(0)
    horizon = HorizonErrors.fresh(1, 1, 3600, HOURLY)
    values = rng.exponential(1.0, 6000)  # lopsided
    run(horizon, values, np.zeros((6000, 1)))
    spread = horizon.spread(np.ones(1), HOURLY.quantiles)
    np.testing.assert_allclose(spread[:, 0], -np.log1p(-np.array([0.1, 0.5, 0.9])), atol=0.35)
    assert np.mean(values < spread[0, 0]) == pytest.approx(0.1, abs=0.06)


def test_long_horizons_note_two_dozen_forecasts() -> None:
    horizon = HorizonErrors.fresh(3, 6, 30 * 86400, Settings(step=300))
    assert horizon.steps == 8640
    assert horizon.made.shape == (25, 7, 3)


def test_forecasts_cover_and_beat_the_naive_ones() -> None:
    rng = np.random.default_rng(2)
    days, t = 12, np.arange(24 * 12)
    wave = 50 + 20 * np.sin(2 * np.pi * t / 24) + rng.normal(0, 2, (4, 24 * days))
    walk = 50 + np.cumsum(rng.normal(0, 1, (4, 24 * days)), axis=1)
    # The last value cannot be beaten on a random walk; it can where there is a season.
    for values, share in ((wave, 0.9), (walk, 1.2)):
        r = replay(values, START + 3600 * t, horizons=(3600, 86400))
        for j, k in enumerate((1, 24)):
            late = slice(24 * 6, -k)
            low, middle, high = np.moveaxis(r.forecast[:, late, j], -1, 0)
            later = values[:, 24 * 6 + k :]
            inside = ((low <= later) & (later <= high)).mean()
            assert 0.6 <= inside <= 0.97
            naive = np.abs(later - values[:, late]).mean()
            assert np.abs(later - middle).mean() <= (share if k == 1 else 1.2) * naive


def test_what_is_expected_never_runs_away() -> None:
    """Bursts, with days whose best parameters follow every move."""
    rng = np.random.default_rng(4)
    values = np.where(rng.random((6, 24 * 20)) < 0.1, 60.0, 0.4) + rng.normal(0, 0.05, (6, 24 * 20))
    values[:3] = np.repeat(values[:3, ::4], 4, axis=1)
    r = replay(values, START + 3600 * np.arange(24 * 20), horizons=(3600, 86400))
    assert np.abs(r.expected).max() < 130
    assert np.abs(r.forecast).max() < 400


def test_a_trend_seen_for_weeks_goes_on_for_weeks() -> None:
    rng, t = np.random.default_rng(1), np.arange(24 * 35)
    values = 20 + 0.02 * t + 3 * np.sin(2 * np.pi * t / 24) + rng.normal(0, 0.5, (3, len(t)))
    horizons = (7 * 86400, 30 * 86400)
    week, month = replay(values, START + 3600 * t, horizons=horizons).forecast[:, -1, :, 1].T
    np.testing.assert_allclose(week - values[:, -1], 0.02 * 24 * 7, atol=2.5)
    np.testing.assert_allclose(month - values[:, -1], 0.02 * 24 * 30, atol=3.5)


def test_a_rise_of_some_hours_is_not_carried_on_for_weeks() -> None:
    rng, t = np.random.default_rng(1), np.arange(24 * 30)
    values = 20 + 1.5 * np.maximum(t - t[-12], 0) + rng.normal(0, 0.2, (3, len(t)))
    week = replay(values, START + 3600 * t, horizons=(7 * 86400,)).forecast[:, -1, 0, 1]
    assert (week < values[:, -1] + 3).all()
