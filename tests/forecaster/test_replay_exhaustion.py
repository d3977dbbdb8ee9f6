"""Leaks and fills at production speed and on the demo's dilated clock."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from forecaster.replay import Replay, replay

START = 1_700_006_400
DEMO: dict[str, Any] = {"day": 240, "horizons": (60, 300, 600)}


def first(on: np.ndarray) -> int:
    found = np.flatnonzero(on)
    assert len(found), "never"
    return int(found[0])


def demo(values: np.ndarray) -> Replay:
    return replay(values, START + 2 * np.arange(len(values)), limit=90.0, **DEMO)


@pytest.mark.parametrize("chunk", [0.0, 2.0])
def test_a_disk_that_fills_within_minutes_is_seen_well_before(chunk: float) -> None:
    rng, t = np.random.default_rng(0), np.arange(0, 900, 2)
    values = np.where(t < 480, 30.0, np.minimum(30 + (t - 480) / 360 * 70, 100))
    values = np.floor(values / chunk) * chunk if chunk else values + rng.normal(0, 0.05, len(t))
    r = demo(values)
    full = t[first(values >= 90)]
    warned = t[first(r.probability[0, :, 1] >= 0.5)]
    assert 480 < warned <= full - 100
    assert (r.probability[0, t < 480] < 0.5).all()
    last_minute = (t > full - 60) & (t < full - 10)
    assert (r.probability[0, last_minute, 0] >= 0.5).mean() > 0.8
    left = r.exhaustion_seconds[0, last_minute]
    assert np.median(np.abs(left - (full - t[last_minute]))) < 15


def test_what_stays_below_does_not_warn() -> None:
    rng, t = np.random.default_rng(0), np.arange(0, 900, 2)
    steady = 50 + rng.normal(0, 1, len(t))
    assert (demo(steady).probability < 0.5).all()
    step = np.where(t < 500, 30.0, 60.0) + rng.normal(0, 0.5, len(t))
    assert (demo(step).probability < 0.5).all()


def test_a_leak_over_days_is_seen_hours_before() -> None:
    rng, t = np.random.default_rng(1), np.arange(4 * 288)
    values = 20 + 70 * t / (3.5 * 288) + rng.normal(0, 0.3, len(t))
    r = replay(values, START + 300 * t, limit=90.0)
    full = first(values >= 90)
    assert full - first(r.probability[0, :, 1] >= 0.5) >= 3  # 15 minutes
    assert full - first(r.probability[0, :, 2] >= 0.5) >= 12 * 12
    hour_before = full - 12
    assert r.exhaustion_seconds[0, hour_before] == pytest.approx(3600, rel=0.5)


def climbs(n_days: float = 2.5) -> np.ndarray:
    """A leak, a daily wave under the limit and a saw-tooth, every 15 minutes."""
    rng, t = np.random.default_rng(2), np.arange(round(n_days * 96))
    wave = 60 + 25 * np.sin(2 * np.pi * t / 96)
    saw = 40 + 55 * (t % 50) / 50
    return np.stack([20 + 75 * t / len(t), wave, saw]) + rng.normal(0, 0.3, (3, len(t)))


def test_a_lower_limit_is_the_mirror_image_of_an_upper_one() -> None:
    values = climbs()
    times = START + 900 * np.arange(values.shape[1])
    up = replay(values, times, limit=90.0)
    down = replay(-values, times, limit=-90.0, lower_limit=True)
    assert (up.probability[[0, 2], :, 1] >= 0.5).any(axis=1).all()
    np.testing.assert_array_equal(down.probability, up.probability)
    np.testing.assert_array_equal(down.exhaustion_seconds, up.exhaustion_seconds)
    np.testing.assert_array_equal(down.exhaustion_quantiles, up.exhaustion_quantiles)
    np.testing.assert_array_equal(down.expected, -up.expected)


def test_free_space_runs_out_at_its_lower_limit() -> None:
    used = climbs()[[0, 1]]
    times = START + 900 * np.arange(used.shape[1])
    free, limit = 1000.0 * (100.0 - used), 10_000.0
    low = replay(free, times, limit=limit, lower_limit=True)
    out = first(free[0] <= limit)
    assert out - first(low.probability[0, :, 2] >= 0.5) >= 4
    assert low.exhaustion_seconds[0, out - 4] == pytest.approx(3600, rel=0.6)
    assert (low.probability[0, out] == 1.0).all()
    assert low.exhaustion_seconds[0, out] == 0.0
    high = replay(free, times, limit=limit)
    assert high.exhaustion_seconds[0, out - 4] == 0.0, "above an upper limit all along"
    within_an_hour = low.forecast[0, out - 48 : out, 1, 1]
    assert np.mean(within_an_hour < free[0, out - 48 : out]) > 0.9, "the forecast falls with the values"
    assert (within_an_hour > free[0, out - 48 : out] - 5_000).all()


def test_a_daily_rise_that_ends_below_the_limit_is_given_no_time() -> None:
    rng, t = np.random.default_rng(3), np.arange(10 * 96)
    shape = np.sin(2 * np.pi * t / 96) + rng.normal(0, 0.04, (8, len(t)))
    r = replay(50 + rng.uniform(5, 25, (8, 1)) * shape, START + 900 * t, limit=90.0)
    unlikely = r.probability[:, :, -1] < 0.1
    assert unlikely[:, 7 * 96 :].mean() > 0.95
    assert (r.exhaustion_seconds[unlikely] > 86400).all()
    assert (r.exhaustion_quantiles[unlikely] == np.inf)[r.exhaustion_seconds[unlikely] == np.inf].all()


def steady(steps: int) -> np.ndarray:
    """Guests that do nothing in particular: noise, noise that wanders, a slow creep, steps of one unit."""
    rng, t = np.random.default_rng(11), np.arange(steps)
    fresh = rng.normal(0, 1.0, (4, 10, steps))
    wandering = np.zeros((10, steps))
    for step in range(1, steps):
        wandering[:, step] = 0.98 * wandering[:, step - 1] + 0.2 * fresh[1, :, step]
    creep = rng.uniform(0.5, 3, (10, 1)) * t / steps
    return np.concatenate(
        [40 + fresh[0], 55 + wandering, 50 + creep + 0.2 * fresh[2], np.floor(61.5 + 0.3 * fresh[3])]
    )


@pytest.mark.parametrize(("clock", "step"), [(DEMO, 2), ({"horizons": (900, 3600, 86400)}, 900)])
def test_what_is_steady_is_given_no_time(clock: dict[str, Any], step: int) -> None:
    r = replay(steady(900), START + step * np.arange(900), limit=90.0, **clock)
    assert np.isinf(r.exhaustion_seconds).all()
    assert np.isinf(r.exhaustion_quantiles).all()


def test_a_time_is_told_no_further_ahead_than_the_trend_was_seen() -> None:
    rng, t = np.random.default_rng(12), np.arange(12 * 96)
    values = 20 + 70 * t / (10 * 96) + rng.normal(0, 0.3, (4, len(t)))
    r = replay(values, START + 900 * t, limit=90.0)
    told = np.isfinite(r.exhaustion_seconds) & (values < 90)
    seen = 900 * (t + 1)
    assert (r.exhaustion_seconds[told] <= np.broadcast_to(seen, values.shape)[told]).all()
    assert not told[:, : 4 * 96].any(), "six days ahead after four"
    assert told[:, 9 * 96 : 9 * 96 + 80].mean() > 0.9


def test_a_time_within_the_longest_horizon_is_likelier_than_not_in_that() -> None:
    values = climbs()
    r = replay(values, START + 900 * np.arange(values.shape[1]), limit=90.0)
    within = r.exhaustion_seconds <= 86400
    assert within.any()
    assert (r.probability[:, :, -1][within] >= 0.5).all()
