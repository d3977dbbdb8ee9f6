"""Disks over weeks: a slow fill is foreseen a week and a month ahead, what comes back each time is none."""

from __future__ import annotations

import numpy as np
import pytest

from forecaster.replay import Replay, replay

START = 1_699_833_600  # a Monday
DAY = 24
HORIZONS = (3600, 86_400, 7 * 86_400, 30 * 86_400)
WEEK, MONTH = 2, 3


def disks(fills: bool) -> np.ndarray:
    """Forty days of hourly values in percent: slow fills, or disks that stay below 90."""
    rng, t = np.random.default_rng(5), np.arange(40 * DAY)
    daily, weekend = np.sin(2 * np.pi * t / DAY), t // DAY % 7 >= 5
    burst = np.cumsum(rng.gamma(0.3, 1.0, len(t)))
    kinds = (
        [
            40 + 60 * t / (36 * DAY) + daily,
            50 + 45 * burst / burst[35 * DAY],
            30 + 65 * np.cumsum(np.where(weekend, 0.3, 1.0)) / (30 * DAY * 0.8),
        ]
        if fills
        else [
            70 + 12 * daily,
            60 + 20 * (t % (7 * DAY)) / (7 * DAY),  # cleaned up each week
            65 + np.where(weekend, -10.0, 5.0) + 3 * daily,
            np.full(len(t), 85.0),
            75 + 10 * np.abs(np.sin(2 * np.pi * t / (7 * DAY))),
        ]
    )
    return np.stack(kinds) + rng.normal(0, 0.3, (len(kinds), len(t)))


def run(values: np.ndarray) -> Replay:
    times = START + 3600 * np.arange(values.shape[1])
    return replay(values, times, limit=95.0, horizons=HORIZONS)


def test_a_slow_fill_is_foreseen() -> None:
    values = disks(fills=True)
    said = run(values)
    assert (np.diff(said.probability, axis=-1) >= 0).all(), "further ahead is likelier"
    for row, series in enumerate(values):
        full = int(np.argmax(series >= 95))
        assert full > 28 * DAY
        week, month = (said.probability[row, :full, number] >= 0.5 for number in (WEEK, MONTH))
        assert week[full - 5 * DAY : full].mean() > 0.9
        assert month[full - 12 * DAY : full].mean() > 0.9
        assert not week[: full - 14 * DAY].any()
        left = said.exhaustion_seconds[row, full - 7 * DAY]
        assert left == pytest.approx(7 * 86_400, rel=0.4)


def test_what_comes_back_each_day_or_week_is_no_fill() -> None:
    said = run(disks(fills=False)).probability
    assert (said[:, 2 * DAY :, WEEK] >= 0.5).mean() < 0.01
    assert (said[:, 2 * DAY :, MONTH] >= 0.5).mean() < 0.02
