"""The forecasts that are published: from tables, with the trend and the weekly season of a series."""

from __future__ import annotations

from copy import deepcopy
from itertools import pairwise

import numpy as np
import pytest

from forecaster.engine.engine import Engine, Settings
from forecaster.engine.forecasts import Pool
from forecaster.replay import replay

START, HOUR, DAY = 1_700_006_400, 3600, 24
FIVE_MINUTES = Settings(step=300, horizons=(900, 3600, 14400, 86400))


def wave(days: int, series: int = 4, noise: float = 2.0) -> np.ndarray:
    t = np.arange(288 * days)
    rng = np.random.default_rng(2)
    return 50 + 20 * np.sin(2 * np.pi * t / 288) + rng.normal(0, noise, (series, len(t)))


def test_they_cover_and_beat_the_naive_ones() -> None:
    rng = np.random.default_rng(2)
    days, t = 18, np.arange(24 * 18)
    waves = 50 + 20 * np.sin(2 * np.pi * t / 24) + rng.normal(0, 2, (4, 24 * days))
    walks = 50 + np.cumsum(rng.normal(0, 1, (4, 24 * days)), axis=1)
    # The last value cannot be beaten on a random walk; it can where there is a season.
    for values, share in ((waves, 0.9), (walks, 1.2)):
        r = replay(values, START + HOUR * t, horizons=(3600, 86400))
        for j, k in enumerate((1, 24)):
            late = slice(24 * 10, -k)
            low, middle, high = np.moveaxis(r.forecast[:, late, j], -1, 0)
            later = values[:, 24 * 10 + k :]
            inside = ((low <= later) & (later <= high)).mean()
            assert 0.6 <= inside <= 0.97
            naive = np.abs(later - values[:, late]).mean()
            assert np.abs(later - middle).mean() <= (share if k == 1 else 1.2) * naive


def test_bursts_do_not_make_them_run_away() -> None:
    rng = np.random.default_rng(4)
    values = np.where(rng.random((6, 24 * 20)) < 0.1, 60.0, 0.4) + rng.normal(0, 0.05, (6, 24 * 20))
    values[:3] = np.repeat(values[:3, ::4], 4, axis=1)
    r = replay(values, START + HOUR * np.arange(24 * 20), horizons=(3600, 86400))
    assert np.abs(r.forecast).max() < 130


def test_a_trend_seen_for_weeks_goes_on_for_weeks() -> None:
    rng, t = np.random.default_rng(1), np.arange(24 * 35)
    values = 20 + 0.02 * t + 3 * np.sin(2 * np.pi * t / 24) + rng.normal(0, 0.5, (3, len(t)))
    horizons = (7 * 86400, 30 * 86400)
    week, month = replay(values, START + HOUR * t, horizons=horizons).forecast[:, -1, :, 1].T
    np.testing.assert_allclose(week - values[:, -1], 0.02 * 24 * 7, atol=2.5)
    np.testing.assert_allclose(month - values[:, -1], 0.02 * 24 * 30, atol=3.5)


def test_a_rise_of_some_hours_is_not_carried_on_for_weeks() -> None:
    rng, t = np.random.default_rng(1), np.arange(24 * 30)
    values = 20 + 1.5 * np.maximum(t - t[-12], 0) + rng.normal(0, 0.2, (3, len(t)))
    week = replay(values, START + HOUR * t, horizons=(7 * 86400,)).forecast[:, -1, 0, 1]
    assert (week < values[:, -1] + 3).all()


def test_between_two_tables_a_forecast_is_nearly_what_is_worked_out_anew() -> None:
    values, pool, off, spread = wave(9), Pool.fresh(4, FIVE_MINUTES), [], []
    for tick, column in enumerate(values.T, 288 * 19_675):
        pool.observe(column, tick)
        if tick % 7 == 0 and tick > 288 * (19_675 + 8):
            anew = pool.ask(FIVE_MINUTES.horizons, FIVE_MINUTES.quantiles)
            off.append(np.abs(pool.outlook() - anew))
            spread.append(anew[:, :, 2] - anew[:, :, 0])
    assert np.mean(off) < 0.2 * np.mean(spread)


def test_at_its_turn_a_series_says_what_is_worked_out_anew() -> None:
    values, pool, seen = wave(8), Pool.fresh(4, FIVE_MINUTES), 0
    for tick, column in enumerate(values.T, 288 * 19_675):
        pool.observe(column, tick)
        turn = (pool.memory.slot + pool.memory.turn.astype(np.int64)) % 24 == 0
        if turn.any() and tick > 288 * (19_675 + 7):
            seen += 1
            anew = pool.ask(FIVE_MINUTES.horizons, FIVE_MINUTES.quantiles)[turn]
            np.testing.assert_allclose(pool.outlook()[turn], anew, rtol=1e-6)
    assert seen > 10


def test_a_value_that_left_the_range_takes_the_near_forecasts_along() -> None:
    values, pool = np.full((1, 288 * 8), 20.0) + wave(8, 1)[:, :] / 100, Pool.fresh(1, FIVE_MINUTES)
    values[0, -1] = 60.0
    for tick, column in enumerate(values.T, 288 * 19_675):
        pool.observe(column, tick)
    near, *_, far = pool.outlook()[0, :, 1]
    assert near > far
    assert far < 22


def test_asking_changes_nothing() -> None:
    pool = Pool.fresh(4, FIVE_MINUTES)
    for tick, column in enumerate(wave(3).T):
        pool.observe(column, tick)
    before = deepcopy(pool)
    np.testing.assert_array_equal(pool.outlook(), pool.outlook())
    for name, part in before.parts().items():
        np.testing.assert_array_equal(pool.parts()[name], part, err_msg=name)


@pytest.mark.parametrize("steps", [5, 30, 288 * 3 + 11])
def test_a_history_that_was_read_gives_what_was_observed_step_by_step(steps: int) -> None:
    values = wave(4)[:, :steps]
    values[1, 3 : steps // 2] = np.nan
    times = START + 300 * np.arange(steps)
    read, observed = (Engine.fresh(4, FIVE_MINUTES) for _ in range(2))
    read.read(values, times)
    for column, time in zip(values.T, times.tolist(), strict=True):
        observed.observe(column, time)
    np.testing.assert_array_equal(read.outlook().forecast, observed.outlook().forecast)


@pytest.mark.parametrize("ends", [(300, 311), (300, 310, 311), (5, 11), (288,)])
def test_windows_of_a_history_that_are_read_give_what_one_gives(ends: tuple[int, ...]) -> None:
    values = wave(2, 5)[:, : ends[-1]]
    values[1, 3:250] = values[2, :280] = np.nan
    times = START + 300 * np.arange(ends[-1])
    windows, whole = (Engine.fresh(5, FIVE_MINUTES) for _ in range(2))
    for first, last in pairwise((0, *ends)):
        windows.read(values[:, first:last], times[first:last], until=int(times[-1]))
    whole.read(values, times)
    np.testing.assert_array_equal(windows.outlook().forecast, whole.outlook().forecast)


def test_a_history_whose_end_is_not_read_has_forecasts_with_its_next_slot() -> None:
    """Not those of tables from before."""
    values, times = wave(2, 2)[:, :201], START + 300 * np.arange(201)
    engine = Engine.fresh(2, FIVE_MINUTES)
    engine.read(values[:, :100], times[:100])
    assert np.isfinite(engine.outlook().forecast).all()
    engine.read(values[:, 100:200], times[100:200], until=int(times[-1]) + 86_400)
    assert np.isnan(engine.outlook().forecast).all()
    engine.observe(values[:, 200], int(times[200]))
    assert np.isfinite(engine.outlook().forecast).all()


def test_they_keep_to_the_bounds_of_the_settings() -> None:
    values = wave(5, noise=15.0) - 40
    said = replay(values, START + 300 * np.arange(values.shape[1]), lowest=0.0, highest=25.0).forecast
    assert said.min() == 0.0
    assert said.max() == 25.0
