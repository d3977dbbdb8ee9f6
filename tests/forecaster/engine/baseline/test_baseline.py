from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from forecaster.engine.baseline import WEEKLY, Baseline
from forecaster.engine.baseline.error_scale import ErrorScale
from forecaster.engine.baseline.fit_window import FitWindow, delay
from forecaster.engine.baseline.usual_range import UsualRange
from forecaster.engine.baseline.weekly_season import WeeklyOffsets
from forecaster.engine.settings import Settings

if TYPE_CHECKING:
    from numpy.typing import NDArray

HOURLY = Settings(step=3600)


def take_in(window: FitWindow, values: NDArray[np.float64], tick: int, slip: bool = False) -> None:
    """A step's values (n,); the first one may be what was held of a slip."""
    given = values.copy()
    given[0] += 1.0 if slip else 0.0
    window.observe(given[None], values[None], tick)


def test_history_holds_a_window_and_what_comes_during_a_refit() -> None:
    settings = Settings(step=21600, fit_days=2)
    window = FitWindow.fresh(2, settings)
    for tick in range(100, 117):
        take_in(window, np.array([tick, -tick], np.float64), tick)
    assert window.steps == 8
    for tick in range(116 - delay(settings) - 7, 117):
        np.testing.assert_allclose(window.at(tick), [tick, -tick], atol=16 / 4096)


def test_a_window_is_as_exact_as_its_range_asks_for() -> None:
    rng = np.random.default_rng(0)
    levels, spreads = np.array([0.0, 1e9, -5.0, 0.0]), np.array([1.0, 1e3, 1e-6, 0.0])
    window, values = FitWindow.fresh(4, HOURLY), levels + spreads * rng.normal(0, 1, (117, 4))
    values[:2], values[5] = values[0], np.nan
    for tick, row in enumerate(values):
        take_in(window, row, tick)
    kept = np.array([window.at(tick) for tick in range(117)])
    np.testing.assert_array_equal(np.isnan(kept), np.isnan(values))
    assert (np.nanmax(np.abs(kept - values), axis=0) <= np.ptp(values[6:], axis=0) / 8192).all()


def test_codes_are_coarser_for_a_new_level_and_finer_when_it_has_gone() -> None:
    window, rng = FitWindow.fresh(2, HOURLY), np.random.default_rng(0)
    for tick in range(300):
        usual = rng.normal(10, 1, 2)
        values = np.full(2, 1e6) if tick == 100 else usual
        take_in(window, values, tick, slip=tick == 100)
        if tick == 100:
            assert window.at(tick)[0] < 100, "a slip is cut off"
            assert window.at(tick)[1] == pytest.approx(1e6, rel=1e-3)
            assert window.at(tick - 1)[1] == pytest.approx(10, abs=1e6 / 16384)
        if tick % 24 == 23:
            window.refine(np.full(2, 7.0), np.full(2, 13.0 if tick > 250 else 1e6))
    np.testing.assert_allclose(window.at(299), values, atol=6 / 8192)


def test_a_slip_beyond_the_codes_teaches_no_fit() -> None:
    window, rng = FitWindow.fresh(1, HOURLY), np.random.default_rng(0)
    for tick in range(96):
        value = np.array([30.0]) if tick == 60 else rng.normal(10, 1, 1)  # within the reach of a usual range
        take_in(window, value, tick, slip=tick == 60)
    cleaned = window.cleaned(0, 96, np.arange(1), WeeklyOffsets.fresh(1, HOURLY))
    assert np.abs(cleaned - 10).max() < 4


def test_parameters_are_fitted_once_two_days_are_known() -> None:
    rng = np.random.default_rng(0)
    baseline = Baseline.fresh(2, HOURLY)
    days, first = 6, 24 * 19_000
    t = np.arange(24 * days)
    values = 50 + 20 * np.sin(2 * np.pi * t / 24)[:, None] + rng.normal(0, 1, (24 * days, 2))
    values[:61, 1] = np.nan
    fitted = []
    for tick, row in enumerate(values):
        baseline.observe(row[None], first + tick)
        if tick % 24 == 23:
            fitted.append(baseline.fitted.tolist())
    assert fitted == [[False, False]] * 2 + [[True, False]] * 3 + [[True, True]]
    season = baseline.seasonal.model.season[:, 0]
    np.testing.assert_allclose(season, 20 * np.sin(2 * np.pi * np.arange(24) / 24), atol=3)
    model = baseline.seasonal.model
    assert (model.gamma >= 0.099 * (1 - model.alpha)).all()


def test_fits_are_the_same_whenever_they_were_made_while_codes_changed() -> None:
    """A level that is twenty times as high comes at each hour of a day, on which a refit is under way."""
    rng, n = np.random.default_rng(0), 24
    values = 50 + 20 * np.sin(2 * np.pi * np.arange(24 * 8) / 24)[:, None] + rng.normal(0, 1, (24 * 8, n))
    for i in range(n):
        values[24 * 5 + i :, i] += 3000
    one, block = Baseline.fresh(n, HOURLY), Baseline.fresh(n, HOURLY)
    units = set()
    for tick, row in enumerate(values):
        one.observe(row[None], tick)
        units.add(one.window.scale[1, -1])
    for first in range(0, len(values), 12):
        block.observe(values[first : first + 12], first)
    assert len(units) > 2, "codes did change"
    for name in ("level", "season", "alpha"):
        np.testing.assert_array_equal(getattr(one.seasonal.model, name), getattr(block.seasonal.model, name))


@pytest.mark.parametrize("steps", [1, 6])
def test_what_the_week_adds_is_taken_out_of_what_may_be_learnt(steps: int) -> None:
    """By the filter that is chosen after the step, new parameters and the end of an hour included."""
    rng, t = np.random.default_rng(1), np.arange(24 * 35)
    work = np.where(t // 24 % 7 < 5, 30.0, 5.0) * (1 - np.sin(2 * np.pi * t / 24))
    values = 40 + np.stack((work, work), axis=1) + rng.normal(0, 1, (len(t), 2))
    values[(t % 2 == 0) & (t < 24 * 29), 1] = np.nan  # known too little for a fit, until the week is known
    baseline, single = Baseline.fresh(2, HOURLY), Baseline.fresh(2, HOURLY)
    by_week = 0
    for first in range(0, len(t), steps):
        said = baseline.observe(values[first : first + steps], first)
        for tick, now in enumerate(said, first):
            single.observe(values[tick : tick + 1], tick)
            expected_by_it = single.chosen == WEEKLY
            added = np.where(expected_by_it, single.week.offset(tick), np.float32(0))
            np.testing.assert_array_equal(now[6], now[4] - added, err_msg=str(tick))
            by_week += int(np.count_nonzero(expected_by_it & (added != 0)))
    assert by_week > 24


def test_errors_are_measured_robustly() -> None:
    rng = np.random.default_rng(0)
    scale = ErrorScale.fresh(2, HOURLY)
    errors = rng.normal(0, 2, (2000, 2))
    errors[::50, 1] = 1000.0
    for row in errors:
        scale.observe(row)
    of_normal = np.sqrt(np.pi / 2) * scale.mean
    assert of_normal[0] == pytest.approx(2.0, rel=0.25)
    assert of_normal[1] < 4


def test_bands_have_a_least_width_and_start_wide() -> None:
    baseline, widths = Baseline.fresh(1, HOURLY), []
    for tick in range(40):
        baseline.observe(np.array([[50.0 + tick % 2]]), tick)
        widths.append(baseline.deviation()[0])
    assert widths[0] == pytest.approx(0.1 * 50, rel=0.2), "a tenth of the level while errors are few"
    assert widths[-1] < widths[1] / 5
    for tick in range(40, 400):
        baseline.observe(np.array([[50.0]]), tick)
    assert baseline.deviation()[0] == pytest.approx(baseline.floor()[0], rel=0.5)


def test_a_sample_in_ten_thousand_teaches_nothing() -> None:
    """The range it is held to is the usual one; what comes for the fourth time is a new range."""
    usual = UsualRange.fresh(3, HOURLY)
    rng = np.random.default_rng(1)
    for row in 50 + rng.normal(0, 1, (100, 3)):
        np.testing.assert_array_equal(usual.held(row), row)
    high, low, same = usual.held(np.array([1e6, -1e6, 51.0]))
    assert 3 * 50 < high < 5 * 55, "three magnitudes beyond the range"
    assert -3 * 55 < low < -2 * 45
    assert same == 51.0
    taught = [usual.held(np.array([1e6, np.nan, 51.0]))[0] for _ in range(3)]
    assert taught == pytest.approx([high, high, 1e6], rel=0.01)


def test_a_range_forgets_what_does_not_come_again() -> None:
    usual = UsualRange.fresh(1, HOURLY)
    for tick in range(24 * 100):
        usual.held(np.array([10.0 + (90.0 if tick == 5 else 0.0) + tick % 3]))
    assert usual.floor()[0] < 10 / 1000


def test_what_happened_once_teaches_no_season() -> None:
    """Of four days one has a burst, one goes on at another level."""
    values = np.tile(10 + np.arange(24.0), 4)[:, None].repeat(3, axis=1)
    values += np.random.default_rng(2).normal(0, 0.1, values.shape)
    values[60:63, 1] += 500
    values[76:, 2] += 500
    window, week = FitWindow.fresh(3, HOURLY), WeeklyOffsets.fresh(3, HOURLY)
    for tick, row in enumerate(values):
        take_in(window, row, tick)
    values = np.array([window.at(tick) for tick in range(96)])  # as it keeps them
    cleaned = window.cleaned(3, 96, np.arange(3), week).T
    np.testing.assert_array_equal(cleaned[:, 0], values[3:, 0])
    assert np.abs(cleaned[57:60, 1] - values[60:63, 0]).max() < 5
    np.testing.assert_array_equal(
        np.delete(cleaned[:, 1], range(57, 60)), np.delete(values[3:, 1], range(57, 60))
    )
    np.testing.assert_array_equal(cleaned[76:, 2], values[79:, 2])  # from the fourth on
