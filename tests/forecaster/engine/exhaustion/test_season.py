"""Holt-Winters as a view of what comes: its path, and when it speaks."""

from __future__ import annotations

import numpy as np
import pytest

from forecaster.engine.engine import Engine, Settings
from forecaster.engine.exhaustion import Exhaustion, Filter, Filters
from forecaster.engine.exhaustion.daily_increments import DailyIncrements
from forecaster.engine.exhaustion.season import SEASON, Season

DAY = 96
SETTINGS = Settings(step=900)
FIRST = 20_000 * DAY  # a midnight, in steps


def seen(values: np.ndarray) -> DailyIncrements:
    """The block means of series (n, steps)."""
    days = DailyIncrements.fresh(len(values), SETTINGS)
    for step, column in enumerate(np.ascontiguousarray(values.T)):
        days.observe(column, FIRST + step)
    return days


def filters(season: np.ndarray, level: float, *, logarithmic: bool = False, toward: float = 1.0) -> Filters:
    """One series with a season (phases,) of the day, none of the week."""
    one = Filter(
        np.array([logarithmic], np.uint8),
        np.array([level]),
        np.ascontiguousarray(season[:, None], np.float32),
    )
    return Filters(
        np.ones(1, bool), np.zeros(1, np.uint8), one, one, np.zeros((168, 1), np.float32), 4.0, toward
    )


@pytest.mark.parametrize("toward", [1.0, -1.0])
def test_the_path_is_the_season_on_the_rise_from_day_to_day(toward: float) -> None:
    t = np.arange(3 * DAY)
    wave = (10 * np.sin(2 * np.pi * np.arange(DAY) / DAY)).astype(np.float32).astype(np.float64)
    days = seen((wave[t % DAY] + 0.05 * t)[None])
    block = days.number(FIRST + len(t) - 1)
    season = Season(filters(toward * wave, 30.0, toward=toward), days, block)
    drift = season.drift()
    assert drift[0] == pytest.approx(0.05 * days.block)
    path = np.empty((2, days.day, 1), np.float32)
    into = path[0], path[1], np.empty(1)
    season.path(drift, np.arange(1), into)
    ahead, highest, daily = into
    later = np.arange(len(t), len(t) + DAY)
    true = (wave[later % DAY] + 0.05 * later).reshape(days.day, -1).mean(axis=1) - days.latest(block)[0]
    steps = 4 * np.spacing(np.nanmax(np.abs(days.means)))  # of single precision, as block means have
    np.testing.assert_allclose(ahead[:, 0], true, rtol=0, atol=steps)
    np.testing.assert_array_equal(highest[:, 0], np.maximum.accumulate(ahead[:, 0]))
    assert daily[0] == pytest.approx(0.05 * DAY)
    rises = season.rises((2, 4), drift)
    np.testing.assert_allclose(rises[:, 0], true[[1, 3]], rtol=0, atol=steps)


def test_a_season_of_logarithms_grows_with_the_level() -> None:
    shape = 0.2 * np.sin(2 * np.pi * np.arange(DAY) / DAY)
    days = seen(np.zeros((1, 2 * DAY)))
    block = days.number(FIRST + 2 * DAY - 1)
    small, large = (
        Season(filters(shape, np.log(level), logarithmic=True), days, block).rises((4,), np.zeros(1))[0, 0]
        for level in (10.0, 40.0)
    )
    assert large == pytest.approx(4 * small)
    assert small > 0.5


def test_the_hours_of_the_week_count_where_they_are_known() -> None:
    days = seen(np.zeros((1, 2 * DAY)))
    block = days.number(FIRST + 2 * DAY - 1)
    by_hour = np.zeros((168, 1), np.float32)
    by_hour[((FIRST + 2 * DAY) // 4 + np.arange(24)) % 168] = 7.0
    known = filters(np.zeros(DAY), 5.0)._replace(week=by_hour, by_week=np.ones(1, np.uint8))
    for given, rise in ((known, 7.0), (known._replace(by_week=np.zeros(1, np.uint8)), 0.0)):
        assert Season(given, days, block).rises((1,), np.zeros(1))[0, 0] == rise


def test_nothing_is_foreseen_without_a_season() -> None:
    days = seen(np.zeros((1, DAY)))
    none = filters(np.zeros(DAY), 5.0)._replace(fitted=np.zeros(1, bool))
    season = Season(none, days, days.number(FIRST + DAY - 1))
    assert not season.known()
    assert np.isnan(season.rises((1,), np.zeros(1))).all()


def workdays(weeks: int) -> np.ndarray:
    """Ten series every 15 minutes that grow in the office hours of workdays only."""
    rng, t = np.random.default_rng(8), np.arange(weeks * 7 * DAY)
    clock = t / DAY % 1 * 24
    at_work = (clock >= 8) & (clock < 17) & (t // DAY % 7 < 5)
    return 20 + np.cumsum(np.where(at_work, 0.16, 0.0)) + rng.normal(0, 0.1, (10, len(t)))


def test_holt_winters_speaks_of_what_fills_in_office_hours() -> None:
    values = np.concatenate([workdays(3), np.random.default_rng(10).normal(50, 2, (10, 21 * DAY))])
    engine, limits = Engine.fresh(len(values), SETTINGS), np.full(len(values), 95.0)
    spoken = np.zeros(values.shape, bool)
    for step, column in enumerate(np.ascontiguousarray(values.T)):
        engine.observe(column, 1_699_833_600 + 900 * step, limits)  # from a Monday on
        spoken[:, step] = engine.exhaustion.speaks == SEASON
    assert not spoken[:, : 2 * DAY].any(), "no season is known"
    assert spoken[:10, 14 * DAY :].any(axis=1).all()
    assert spoken[10:].mean() < 0.01, "noise has no season"


def test_unusual_errors_widen_the_side_they_fall_on() -> None:
    model = Exhaustion.fresh(1, SETTINGS)
    flat, t = filters(np.zeros(DAY), 30.0), np.arange(6 * DAY)
    values = 30.0 + np.cumsum(5.0 * (np.random.default_rng(9).random(len(t)) < 0.02))  # rests, then jumps
    for step, value in enumerate(values):
        one = np.array([value])
        model.observe(one, one, np.array([90.0]), FIRST + step, flat)
    below, above = model.tails[:, 0]
    assert above > 1.2 * below
