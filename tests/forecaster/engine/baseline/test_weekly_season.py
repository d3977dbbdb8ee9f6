from __future__ import annotations

import numpy as np
import pytest
from statsmodels.tsa.seasonal import MSTL

from forecaster.engine.baseline.weekly_season import WeeklyOffsets, WeeklySeason
from forecaster.engine.engine import Engine, Settings
from forecaster.replay import replay

HOURLY = Settings(step=3600, horizons=(86400,))
FIRST = 7 * 24 * 2_800  # the begin of a week and a day
WEEK = 7 * 24


def series(weeks: int, seed: int = 0) -> dict[str, np.ndarray]:
    """Seeded series (t,) of hours whose season is known."""
    rng, t = np.random.default_rng(seed), np.arange(weeks * WEEK)
    hour, day = t % 24, t // 24 % 7
    work = 20 * np.clip(np.sin((hour - 6) * np.pi / 12), 0, 1)
    return {
        "none": 50 + np.cumsum(rng.normal(0, 1, len(t))),
        "day": 30 + work + rng.normal(0, 1, len(t)),
        "week": 30 + work * np.where(day < 5, 1.0, 0.1) + rng.normal(0, 1, len(t)),
        "job": 30 + np.where((day == 2) & (hour == 3), 40.0, 0.0) + rng.normal(0, 1, len(t)),
    }


def strength(season: np.ndarray, rest: np.ndarray) -> float:
    """How much of what is not trend a season explains (Wang, Smith and Hyndman, 2006)."""
    return max(0.0, 1 - float(np.var(rest) / np.var(season + rest)))


def test_each_series_is_forecast_by_the_seasons_it_has() -> None:
    """The median forecast of a day ahead, beside the mean of three days, and the value of the day before."""
    found = series(7)
    values = np.stack(list(found.values()))
    times = (FIRST + np.arange(values.shape[1])) * HOURLY.step
    forecast = replay(values, times, horizons=HOURLY.horizons).forecast[:, :, 0, 1]
    late = slice(3 * WEEK, -24)
    came = values[:, late.start + 24 :]
    mean = np.stack([values[:, late.start - lag : -24 - lag] for lag in range(72)]).mean(axis=0)
    said, of_days, before = (
        np.abs(each - came).mean(axis=1) for each in (forecast[:, late], mean, values[:, late])
    )
    for k, (name, row) in enumerate(found.items()):
        parts = MSTL(row, periods=(24, WEEK)).fit()
        daily, weekly = (strength(part, parts.resid) for part in parts.seasonal.T)
        if name == "none":
            assert max(daily, weekly) < 0.6
        elif name == "day":
            assert daily > 0.8
            assert said[k] < 0.5 * of_days[k]
            assert said[k] < before[k]
        else:
            assert weekly > 0.7
            assert said[k] < 0.8 * before[k]


def test_the_weekend_is_foreseen_on_friday() -> None:
    row = series(6, seed=4)["week"]
    engine = Engine.fresh(1, HOURLY)
    noon = 5 * WEEK + 5 * 24 + 12  # of the last Saturday
    for tick, value in enumerate(row[: noon - 23], FIRST):
        engine.observe(value[None], tick * HOURLY.step)
    middle = engine.outlook().forecast[0, 1, 0]
    assert middle == pytest.approx(row[noon], abs=4)
    assert middle < row[noon - 24] - 10


def learn(values: np.ndarray) -> WeeklySeason:
    week = WeeklySeason.fresh(1, HOURLY)
    for tick, value in enumerate(values, FIRST):
        week.observe(np.array([value]), tick)
    return week


def offsets(week: WeeklySeason, weeks: int) -> np.ndarray:
    """Those of the coming week (hours,)."""
    return np.array([week.offset(FIRST + weeks * WEEK + hour)[0] for hour in range(WEEK)])


def test_what_happened_twice_is_no_habit() -> None:
    values = np.full(5 * WEEK, 10.0)
    values[2 * WEEK + 50] = values[4 * WEEK + 50] = 80.0
    assert not offsets(learn(values), 5).any()
    values[3 * WEEK + 50] = 45.0
    found = offsets(learn(values), 5)
    assert found[50] == pytest.approx(30)  # the least of the three, less the mean of its hour in the week
    assert found[50 + 24] == pytest.approx(-5)


def test_a_trend_and_a_daily_wave_are_no_weekly_season() -> None:
    t = np.arange(5 * WEEK)
    values = 3.0 * t + 40 * np.sin(2 * np.pi * t / 24)
    assert np.ptp(offsets(learn(values), 5)) < 4 * np.spacing(np.float32(values.max()))


def test_missing_days_and_weeks() -> None:
    values = series(5)["week"]
    values[3 * WEEK : 3 * WEEK + 72] = np.nan
    found = offsets(learn(values), 5)
    assert np.isfinite(found).all()
    assert found[5 * 24 + 12] < -8
    assert not offsets(learn(np.full(5 * WEEK, np.nan)), 5).any()


def test_a_refit_goes_on_with_what_was_known_when_it_began() -> None:
    week = WeeklyOffsets.fresh(1, Settings(step=900))
    before, begin, end = 4 * WEEK, 4 * WEEK + 8, 4 * WEEK + 80  # steps: four to an hour
    week.by_hour[:] = np.arange(WEEK)[:, None]
    week.keep(begin)
    week.by_hour[2:] = -1.0
    rows = week.rows(before, end, begin)
    assert week.table[rows, 0].tolist() == [(step - before) // 4 for step in range(before, end + 1)]
    assert week.at(begin)[0] == -1.0, "the filters in use know better"
