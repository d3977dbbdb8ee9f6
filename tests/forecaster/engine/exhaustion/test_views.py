"""The parts that look ahead: trends, the same clock time, skill, record."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from forecaster.engine.exhaustion import Exhaustion
from forecaster.engine.exhaustion.daily_increments import DailyIncrements
from forecaster.engine.exhaustion.path import Path
from forecaster.engine.exhaustion.recent import RecentValues
from forecaster.engine.exhaustion.record import Record
from forecaster.engine.exhaustion.skill import Skill
from forecaster.engine.exhaustion.straight import Straight
from forecaster.engine.exhaustion.time_scale import TimeScale
from forecaster.engine.exhaustion.trend import TrendWindows, Window, theil_sen
from forecaster.engine.settings import Settings

FIVE_MINUTES = Settings(step=300)
FIRST = 20_000 * 288  # a midnight, in steps


def feed(windows: TrendWindows, values: np.ndarray) -> None:
    for t, row in enumerate(np.ascontiguousarray(values.T)):
        windows.observe(row, FIRST + t)


def test_trend_of_noisy_and_gappy_lines() -> None:
    rng, t = np.random.default_rng(0), np.arange(288)
    slopes = np.array([0.1, -0.05, 0.0, 0.1, 0.1])
    values = slopes[:, None] * t + rng.normal(0, 0.5, (5, 288))
    values[3, rng.random(288) < 0.3] = np.nan
    values[3, 40] = 1e6  # one outlier does not move it
    values[4, :200] = np.nan
    windows = TrendWindows.fresh(5, FIVE_MINUTES, (Window(0.25, 24, 0.6), Window(1.0, 24, 0.6)))
    feed(windows, values)
    for slope in windows.slope:
        np.testing.assert_allclose(slope[[0, 3]], slopes[[0, 3]], atol=0.02)
        assert np.isnan(slope[[1, 2]]).all(), "no trend upwards"
    assert np.isnan(windows.slope[1, 4]), "most of the day is missing"


def test_tau_says_whether_there_is_a_trend() -> None:
    rng, t = np.random.default_rng(0), np.arange(24.0)[:, None]
    means = (np.array([0.5, -0.5, 0.5]) * t + rng.normal(0, 0.1, (24, 3))).astype(np.float32)
    means[6:16, 2] = np.nan
    times = np.zeros((24, 3), np.float32)
    slope, tau = theil_sen((means, times), 23, 1.0, 0.6)
    assert slope[0] == pytest.approx(0.5, abs=0.02)
    assert tau[0] > 0.8
    assert tau[1] < 0.6, "that it is below the least is all that is told"
    assert theil_sen((means, times), 23, 1.0, -1.0)[1][1] < -0.8
    assert tau[2] == 0, "too few blocks hold a value"
    assert np.isnan(slope[1:]).all()
    again, _ = theil_sen((np.roll(means, 5, axis=0), times), 4, 1.0, 0.6)
    assert again[0] == slope[0], "the ring may begin anywhere"
    for guess in (slope[0], 1.2 * slope[0], -slope[0], 0.0, 5.0):
        again, _ = theil_sen((means, times), 23, 1.0, 0.6, np.full(3, guess))
        assert again[0] == slope[0], "whatever it was before"


def test_what_only_rounding_tells_apart_is_no_trend() -> None:
    """Decimals of single precision, as traces and exporters have them: all blocks have the mean 0.6."""
    k = np.arange(24)[:, None] / 1000
    samples = np.stack([0.3 + k, np.full_like(k, 0.7), 0.8 - k]).astype(np.float32)
    means = samples.astype(np.float64).mean(axis=0)
    assert len(np.unique(means)) > 1, "rounding does tell them apart"
    _, tau = theil_sen((means.astype(np.float32), np.zeros((24, 1), np.float32)), 23, 1.0, -1.0)
    assert tau[0] == 0
    rising = (0.6 + k / 10).astype(np.float32)
    assert theil_sen((rising, np.zeros((24, 1), np.float32)), 23, 1.0, 0.6)[1][0] == 1


def test_trends_are_renewed_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    renewed: list[float] = []
    monkeypatch.setattr(TrendWindows, "_renew", lambda self, k, _: renewed.append(self.windows[k].days))
    exhaustion = Exhaustion.fresh(1, FIVE_MINUTES)
    for tick in range(FIRST, FIRST + 288):
        before = len(renewed)
        exhaustion.observe(np.ones(1), np.ones(1), np.ones(1), tick)
        assert len(renewed) - before + exhaustion.daily.ends(tick) <= 1
    assert [renewed.count(days) for days in (0.25, 1.0, 14.0, 28.0)] == [96, 24, 1, 1]


def test_blocks_shorter_than_a_step_are_steps() -> None:
    windows = TrendWindows.fresh(1, Settings(step=3600), (Window(0.25, 24, 0.6),))
    assert len(windows.means) == 6
    for t in range(6):
        windows.observe(np.array([2.0 * t]), FIRST // 12 + t)
    assert windows.slope[0, 0] == pytest.approx(2.0)


def line(values: np.ndarray, slope: float, *, wanders: bool = False) -> tuple[float, float, bool]:
    """The line along the trend of two weeks."""
    model = Exhaustion.fresh(1, FIVE_MINUTES)
    for t, value in enumerate(values):
        model.recent.observe(np.array([value]), FIRST + t)
    model.windows.slope[2] = slope
    if wanders:
        model.levels.usual[:, 0], model.levels.count[:] = (1.0, 0.5), 100
    found = model.straight(FIRST + len(values) - 1, np.array([0.01]), np.array([np.nan]), np.arange(1)).line(
        3
    )
    return float(found.level[0]), float(found.slope[0]), bool(found.usable[0])


def test_a_line_stands_where_its_trend_has_brought_it() -> None:
    rng = np.random.default_rng(0)
    level, slope, usable = line(50 + 0.5 * np.arange(12) + rng.normal(0, 0.1, 12), 0.5)
    assert level == pytest.approx(55.5, abs=0.3)
    assert slope == pytest.approx(0.5 / 300)
    assert usable


def test_what_grows_in_bursts_stands_where_it_was_last() -> None:
    values = np.r_[np.full(9, 50.0), 58.0, 58.0, 58.0]
    assert line(values, 0.5)[0] < 58
    assert line(values, 0.5, wanders=True)[0] == pytest.approx(58.5)


@pytest.mark.parametrize("bursts", [True, False])
def test_bursts_and_noise_are_told_apart(bursts: bool) -> None:
    rng, n = np.random.default_rng(3), 2 * 1440
    growth = np.cumsum(rng.gamma(0.2, 1.0, (20, n)), axis=1) if bursts else 0.2 * np.arange(n)
    model = Exhaustion.fresh(20, Settings(step=60))
    none = np.full(20, np.nan)
    for t, row in enumerate((growth + rng.normal(0, 0.05 if bursts else 1.0, (20, n))).T):
        model.observe(row, row, none, 5 * FIRST + t)
    whole, newest = model.levels.usual
    assert np.mean(newest < 0.7 * whole) == pytest.approx(float(bursts), abs=0.1)


def test_a_trend_is_judged_where_there_is_one() -> None:
    """Restarts leave no trend for some hours; how right the trend is before them is another matter."""
    rng, t = np.random.default_rng(4), np.arange(6 * 288)
    values = 20 + 60 * (t % 300) / 300 + rng.normal(0, 0.3, len(t))
    model = Exhaustion.fresh(1, FIVE_MINUTES)
    for tick, value in enumerate(values):
        model.observe(np.array([value]), np.array([value]), np.array([np.nan]), FIRST + tick)
    whole, spoken = model.skill.usual[1, 0], model.trends.usual[0, 0]
    assert spoken < 0.7 * whole


def seconds_left(slope_error: float, jitter: float, told: np.ndarray | None = None) -> np.ndarray:
    """The 10, 50 and 90 % quantiles of a line 10 under the limit that rises by 10 an hour."""
    views = Straight.room(np.arange(1), np.array([np.inf]), np.zeros(1, np.uint8))
    views.usable[:], views.parts[-1, :, 0] = 1, (80, 10 / 3600, 1, jitter, 1, slope_error)
    return views.seconds(np.array([90.0]), (0.1, 0.5, 0.9), TimeScale(3600.0, 60.0), told)[:, 0]


def test_other_quantiles_are_worked_out_where_the_first_may_be_told() -> None:
    first, *others = seconds_left(0.1, 1.0).tolist()
    for low, high in ((first - 1, first), (first, np.inf), (-np.inf, first - 1)):
        said = seconds_left(0.1, 1.0, np.array([[low], [high]])).tolist()
        assert said == [first, *(others if low < first <= high else [np.inf, np.inf])]


def test_an_uncertain_slope_errs_by_a_factor_noise_by_a_span() -> None:
    low, middle, high = seconds_left(0.3, 1e-9)
    assert middle == pytest.approx(3600, rel=0.02)
    assert high / middle == pytest.approx(middle / low, rel=0.02)
    assert high / middle == pytest.approx(np.exp(1.28 * 0.3), rel=0.02)
    low, middle, high = seconds_left(1e-9, 0.5)
    assert middle < 3600, "noise meets the limit before the line does"
    assert high - middle == pytest.approx(middle - low, rel=0.02)


def test_samples_about_a_path_reach_the_limit_before_it_does() -> None:
    one, flat = np.ones(1), np.full((96, 1), 8.0, np.float32)
    path = Path(np.arange(1), np.arange(1), flat, 80 * one, 0 * one, one, one, 0 * one, 450.0, 900.0)
    clock = TimeScale(3600.0, 60.0)
    ends = np.array([900.0, 3600.0])
    calm = path.log_survival(90 * one, ends, clock)
    noisy = replace(path, jitter=2 * one).log_survival(90 * one, ends, clock)
    assert -np.expm1(calm[-1, 0]) < 0.1
    assert -np.expm1(noisy[-1, 0]) > 0.5
    first = path.seconds(90 * one, (0.5,), clock)
    assert np.isinf(first).all()
    assert np.isfinite(replace(path, jitter=2 * one).seconds(90 * one, (0.5,), clock)).all()


def test_what_a_path_misses_does_not_make_it_early() -> None:
    one = np.ones(1)
    rise = np.linspace(1, 96, 96, dtype=np.float32)[:, None]
    path = Path(
        np.arange(1), np.arange(1), rise, 80 * one, 96 * one, 3 * one, 3 * one, 1e-9 * one, 0.0, 900.0
    )
    low, middle, high = path.seconds(90 * one, (0.1, 0.5, 0.9), TimeScale(3600.0, 60.0))[:, 0]
    assert middle == pytest.approx(9 * 900, abs=1), "the first block's middle is now"
    assert low < middle - 900 < middle + 900 < high


def test_jitter_is_what_comes_anew_with_each_sample() -> None:
    rng, k = np.random.default_rng(0), 60
    recent = RecentValues.fresh(3, Settings(step=60))
    noise = rng.normal(0, 1, (3, k))
    values = np.stack([noise[0], noise[1] + np.arange(k), noise[2] + 3 * np.sin(np.arange(k) / 10)])
    for t, row in enumerate(np.tile(values, 2)[:, : k + 17].T):  # the ring begins anew on the way
        recent.observe(row, t)
    np.testing.assert_allclose(recent.jitter(k + 16, np.arange(3)), 1.0, rtol=0.4)


def stepping(days: float, at: float) -> np.ndarray:
    """Twenty series every five minutes that creep up a little and step up by 45 once, at a day."""
    rng, t = np.random.default_rng(6), np.arange(round(days * 288))
    creep = 2 * np.sin(2 * np.pi * (t / 288 - at + 0.2))
    return 30 + creep + np.where(t >= at * 288, 45.0, 0.0) + rng.normal(0, 0.4, (20, len(t)))


def alarmed(values: np.ndarray) -> np.ndarray:
    """How many steps of each series the views foresee 90 within an hour."""
    n = len(values)
    model = Exhaustion.fresh(n, FIVE_MINUTES)
    limit, alarms = np.full(n, 90.0), np.zeros(n)
    for t, row in enumerate(values.T):
        model.observe(row, row, limit, FIRST + t)
        floor = np.full(n, 0.05)
        views = model.straight(FIRST + t, floor, limit, np.arange(n))
        path = model.foreseen(views, FIRST + t, floor)
        alarms += model.probability(views, path, limit)[1] >= 0.5
    return alarms


def test_a_step_is_no_trend_of_some_hours() -> None:
    assert alarmed(stepping(2.5, 2.2)).sum() == 0


def test_a_step_of_the_first_day_is_not_foretold_for_the_second() -> None:
    assert alarmed(stepping(1.9, 0.6)).sum() == 0


def test_a_trend_of_a_day_may_rest_for_an_hour() -> None:
    rng, t = np.random.default_rng(7), np.arange(2 * 288)
    values = np.minimum(40 + 30 * t / 576, 40 + 30 * 560 / 576) + rng.normal(0, 0.05, len(t))
    model = Exhaustion.fresh(1, FIVE_MINUTES)
    for tick, value in enumerate(values):
        model.observe(np.array([value]), np.array([value]), np.array([90.0]), FIRST + tick)
    views = model.straight(FIRST + len(t) - 1, np.array([0.05]), np.array([90.0]), np.arange(1))
    assert not views.line(1).usable[0], "of some hours"
    assert views.line(2).usable[0], "of a day"


def test_a_line_is_broken_by_a_restart() -> None:
    rng = np.random.default_rng(0)
    values = np.r_[80 + 0.5 * np.arange(8), 20 + 0.5 * np.arange(4)] + rng.normal(0, 0.1, 12)
    level, _, usable = line(values, 0.5)
    assert level == pytest.approx(21.5, abs=1)
    assert not usable


def test_no_line_without_a_trend() -> None:
    assert not line(np.full(12, 5.0), np.nan)[2]


def test_the_days_that_are_known_make_the_median() -> None:
    """What came between 09:00 and 12:00, oldest day last."""
    nan = np.nan
    rises = np.array([[1.0, 1.0, nan, nan], [5.0, 5.0, 7.0, nan], [2.0, nan, nan, nan]])
    clock = DailyIncrements.fresh(4, Settings(step=3600, day=86400))
    now = 4 * clock.day + 1
    for days, row in enumerate(rises, 1):
        clock.means[(now - days * clock.day) % len(clock.means)] = 10.0 * days
        clock.means[(now - days * clock.day + 1) % len(clock.means)] = 10.0 * days + row
    path = clock.path(now, np.array([1]), np.arange(4))
    np.testing.assert_array_equal(path[0], [2.0, 3.0, 7.0, nan])


def test_the_path_of_the_days_before_goes_on_from_here() -> None:
    clock = DailyIncrements.fresh(2, Settings(step=900))
    assert clock.day == 16
    t = np.arange(96 * 4)
    wave = np.sin(2 * np.pi * t / 96)
    values = np.stack([wave + 0.01 * t, np.where(t == 96 * 2, 500.0, 3.0)])
    for step, row in enumerate(values.T):
        clock.observe(row, step)
    block = clock.number(96 * 4 - 1)
    path = clock.path(block, np.arange(1, 17), np.arange(2))
    after = 96 * 4 + 6 * np.arange(16)
    means = [np.mean(np.sin(2 * np.pi * (a + np.arange(6)) / 96) + 0.01 * (a + np.arange(6))) for a in after]
    np.testing.assert_allclose(clock.latest(block)[0] + path[:, 0], means, atol=1e-9)
    np.testing.assert_allclose(path[:, 1], 0, atol=1e-9)  # what happened once does not happen again
    np.testing.assert_array_equal(clock.path(block, np.arange(1, 17), np.array([1]))[:, 0], path[:, 1])


def test_skill_is_each_forecasts_mean_error() -> None:
    skill = Skill.fresh(2, views=2, ahead=2, memory=50.0)
    for block in range(40):
        mean = np.array([float(block), 10.0])
        skill.observe(block, mean, np.stack([mean, mean + np.array([2.0, np.nan])]))
    np.testing.assert_allclose(skill.error[:, 0], [2.0, 0.0])  # the block counts up by two in two blocks
    np.testing.assert_allclose(skill.error[0, 1], 0.0)
    np.testing.assert_array_equal(skill.count[:, 1], [38, 0])


def test_a_wild_error_is_not_usual() -> None:
    skill = Skill.fresh(1, views=1, ahead=1, memory=50.0)
    for block in range(100):
        value = 1000.0 if block == 60 else float(block % 2)
        skill.observe(block, np.array([value]), np.array([[0.5]]))
    assert skill.usual[0, 0] < 1
    assert skill.error[0, 0] > 5


def test_the_record_counts_passages_after_an_hour_below() -> None:
    record = Record.fresh(2, FIVE_MINUTES)
    values = np.full((2, 288), 50.0)
    values[0, [50, 52, 54, 200]] = 95.0
    for row in values.T:
        record.observe(row, np.array([90.0, np.nan]))
    assert record.passages[0] == pytest.approx(2.0, rel=0.05)
    assert record.passages[1] == 0
    np.testing.assert_allclose(record.days, 1.0, rtol=0.05)
    none = Straight.room(np.arange(2), np.array([np.inf]), np.zeros(2, np.uint8))
    none.usable[:], none.parts[:] = 1, np.array([90.0, 0, 1, 1, 1, 0])[:, None]  # a level at the limit
    logs = none.log_survival(np.full(2, 90.0), np.array([86400.0]), record, TimeScale(3600.0, 60.0))
    np.testing.assert_allclose(-logs[0], [1.25, 0.25], rtol=0.05)


@pytest.mark.parametrize("still", [0.0, 1e-15])
def test_after_a_constant_stretch_errors_become_usual_again(still: float) -> None:
    rng = np.random.default_rng(2)
    skill = Skill.fresh(1, views=1, ahead=1, memory=96.0)
    for block in range(40):
        skill.observe(block, np.array([still * (block % 2)]), np.zeros((1, 1)))
    for block in range(40, 40 + 96 * 6):
        skill.observe(block, rng.normal(0, 10, 1), np.zeros((1, 1)))
    assert skill.usual[0, 0] == pytest.approx(8, abs=2)
    assert skill.error[0, 0] == pytest.approx(8, abs=2)
