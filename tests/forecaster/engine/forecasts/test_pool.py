"""Quantile forecasts of values: exact where a series is simple, unshaken by neighbours and by being asked."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING

import numpy as np
import pytest

from forecaster.engine.forecasts import Pool, pool_kernel
from forecaster.engine.forecasts.pool import JUDGED
from forecaster.engine.settings import Settings

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

HOUR, DAY, FIRST = 3600, 24, 24 * 19675
QUANTILES = (0.1, 0.5, 0.9)
FAR = 30 * DAY * HOUR


def after(values: Floats, step: int = HOUR) -> Pool:
    """The pool of series that took the values (n_series, n_steps)."""
    pool = Pool.fresh(len(values), Settings(step=step))
    for t, column in enumerate(values.T):
        pool.observe(column, FIRST * HOUR // step + t)
    return pool


def noise(days: int, seed: int = 0) -> Floats:
    return np.random.default_rng(seed).normal(size=DAY * days)


def mixed(days: int) -> Floats:
    """Three series of different kinds (3, steps): a daily wave, bursts, a random walk with gaps."""
    rng, t = np.random.default_rng(5), np.arange(DAY * days)
    walk = 1e6 + np.cumsum(rng.normal(size=len(t)))
    walk[rng.random(len(t)) < 0.2] = np.nan
    return np.stack([50 + 20 * np.sin(t / DAY * 2 * np.pi) + noise(days), rng.gamma(0.3, 20.0, len(t)), walk])


@pytest.mark.parametrize("value", [0.0, 61.23, -4.5e9])
def test_a_constant_series_stays_what_it_is(value: float) -> None:
    said = after(np.full((1, 3 * DAY), value)).ask((HOUR, DAY * HOUR, FAR), QUANTILES)

    np.testing.assert_array_equal(said, np.full((1, 3, 3), value))


def test_the_median_of_a_series_that_is_mostly_zero_is_zero() -> None:
    bursts = np.where(np.random.default_rng(1).random(12 * DAY) < 0.2, 30.0 + noise(12), 0.0)

    said = after(np.append(bursts, 0.0)[None]).ask((HOUR, 4 * HOUR, DAY * HOUR), QUANTILES)

    np.testing.assert_array_equal(said[0, :, 1], 0.0)
    assert said[0, -1, 2] > 15.0


def test_a_job_at_a_clock_time_is_foreseen_to_the_step() -> None:
    job = np.where(np.arange(10 * DAY) % DAY == 5, 80.0, 10.0) + 0.1 * noise(10)

    said = after(job[None]).ask((5 * HOUR, 6 * HOUR, 7 * HOUR, 7 * DAY * HOUR + 6 * HOUR), (0.5,))[0, :, 0]

    assert min(said[1], said[3]) > 79.0
    assert max(said[0], said[2]) < 11.0


def test_a_wave_is_foreseen_a_day_ahead() -> None:
    said = after(mixed(10)).ask((6 * HOUR, DAY * HOUR, 30 * HOUR), (0.5,))[0, :, 0]

    wave = 50 + 20 * np.sin((np.array((6, 24, 30)) - 1) / DAY * 2 * np.pi)
    np.testing.assert_allclose(said, wave, atol=4.0)


def test_quantiles_ascend_at_every_horizon_in_any_order() -> None:
    pool, horizons = after(mixed(9)), [HOUR * k for k in range(1, 30 * DAY, 37)]

    said = pool.ask(horizons, (0.01, 0.1, 0.3, 0.5, 0.9, 0.99))

    assert (np.diff(said, axis=-1) >= 0.0).all()
    np.testing.assert_array_equal(pool.ask(horizons, (0.9, 0.1)), said[:, :, [4, 1]])


def test_quantiles_do_not_depend_on_what_else_is_asked() -> None:
    pool = after(mixed(9))

    together = pool.ask((HOUR, DAY * HOUR, FAR), (0.1, 0.2, 0.5, 0.9))

    np.testing.assert_array_equal(pool.ask((DAY * HOUR,), (0.2,)), together[:, 1:2, 1:2])


def test_asking_changes_nothing() -> None:
    pool = after(mixed(5))
    before = deepcopy(pool)

    first, second = (pool.ask((HOUR, DAY * HOUR), QUANTILES) for _ in range(2))

    np.testing.assert_array_equal(first, second)
    for name, part in before.parts().items():
        np.testing.assert_array_equal(pool.parts()[name], part, err_msg=name)


def test_a_series_does_not_depend_on_its_neighbours() -> None:
    values = mixed(20)
    together = after(values).ask((HOUR, DAY * HOUR), QUANTILES)

    alone = np.concatenate([after(row[None]).ask((HOUR, DAY * HOUR), QUANTILES) for row in values])

    np.testing.assert_array_equal(together, alone)


def test_series_that_were_taken_and_joined_go_on_as_before() -> None:
    values, cut = mixed(12), 200
    whole, parts = after(values), after(values[:, :cut])
    moved = parts.take(np.array([2])).join(parts.take(np.array([0, 1])))
    for t in range(cut, values.shape[1]):
        moved.observe(values[[2, 0, 1], t], FIRST + t)

    said = moved.ask((HOUR, DAY * HOUR), QUANTILES)

    np.testing.assert_array_equal(said, whole.ask((HOUR, DAY * HOUR), QUANTILES)[[2, 0, 1]])


def test_a_new_range_is_taken_on() -> None:
    values = np.concatenate((1.0 + 0.01 * noise(3), 1e6 + noise(11)))

    said = after(values[None]).ask((HOUR,), QUANTILES)

    np.testing.assert_allclose(said, 1e6, rtol=1e-3)


def test_a_fill_goes_on() -> None:
    """A line outgrows all that was seen: the last value's changes are the member that is right."""
    fill = 100.0 + 0.5 * np.arange(14.0 * DAY)

    said = after(fill[None]).ask((DAY * HOUR, 3 * DAY * HOUR), (0.5,))[0, :, 0]

    np.testing.assert_allclose(said, fill[-1] + 0.5 * np.array((DAY, 3 * DAY)), rtol=0.05)


def test_a_member_that_speaks_late_has_no_record_of_no_errors() -> None:
    """The same clock time is known from the third day on; of a leak it is far off."""
    quarter, day = 900, 4 * DAY
    leak = 80.0 - 70.0 * np.arange(2.5 * day) / (2.5 * day) + 0.3 * noise(10)
    pool = after(leak[None, : day + day // 2], quarter)

    for tick in range(day + day // 2, len(leak)):
        pool.observe(leak[tick : tick + 1], FIRST * HOUR // quarter + tick)
        assert pool.ask((quarter,), (0.5,))[0, 0, 0] == pytest.approx(leak[tick], abs=5.0)


def test_a_series_learns_the_widths_its_outcomes_ask_for() -> None:
    """A spread that grew fourfold ten days ago is a fourth of the present one in what is remembered
    longest.
    """
    calm = after(noise(40)[None])
    values = noise(40)
    values[-DAY:] *= 20.0  # outcomes of the latest judgements lie far outside, whichever turn is the series'

    wild = after(values[None])

    assert (wild.width >= calm.width).all()
    assert (wild.width > calm.width).any()
    assert calm.judged.min() > 30
    assert len(JUDGED) == calm.width.shape[1]


def test_coverage_is_what_was_asked_for() -> None:
    values, horizons = np.random.default_rng(7).gamma(2.0, 1.0, (20, DAY * 30)), (HOUR, DAY * HOUR)
    pool, inside = after(values[:, : DAY * 20]), []
    for t in range(DAY * 20, DAY * 29):
        said = pool.ask(horizons, (0.1, 0.9))
        came = values[:, [t, t + DAY - 1]]
        inside.append((said[..., 0] <= came) & (came <= said[..., 1]))
        pool.observe(values[:, t], FIRST + t)

    assert np.mean(inside, axis=(0, 1)) == pytest.approx(0.8, abs=0.05)


@pytest.mark.parametrize("first", [0, -1000])
def test_clocks_may_begin_at_zero_or_before(first: int) -> None:
    """Days, turns of judgement and days kept come around together after so many steps."""
    values, around = mixed(9), DAY * 11 * 28
    early, late = (Pool.fresh(len(values), Settings(step=HOUR)) for _ in range(2))
    for t, column in enumerate(values.T, first):
        early.observe(column, t)
        late.observe(column, t + around)

    np.testing.assert_array_equal(early.ask((HOUR,), QUANTILES), late.ask((HOUR,), QUANTILES))


def test_nothing_seen_has_no_forecast() -> None:
    said = after(np.full((1, 30), np.nan)).ask((HOUR,), QUANTILES)

    assert np.isnan(said).all()


def test_what_was_not_seen_for_a_week_has_no_forecast() -> None:
    values = np.full((1, 9 * DAY), np.nan)
    values[0, : DAY + 1] = 5.0

    assert np.isnan(after(values).ask((HOUR,), QUANTILES)).all()
    assert (after(values[:, : 7 * DAY]).ask((HOUR,), QUANTILES) == 5.0).all()


def test_a_step_finer_than_a_slot_keeps_the_slots_latest_value() -> None:
    pool = after(np.tile([1.0, 2.0, 3.0, 4.0, 5.0], 300)[None], step=60)

    assert pool.memory.ring.shape == (1, 7 * 288)
    np.testing.assert_array_equal(pool.ask((DAY * HOUR,), QUANTILES), 5.0)


def test_within_a_slot_the_forecast_leaves_from_the_last_value() -> None:
    pool = after(noise(9)[None])

    half, whole = pool.ask((HOUR // 2, HOUR), (0.9,))[0, :, 0]

    assert half == pytest.approx((pool.memory.last[0] + whole) / 2)


def test_the_state_is_small() -> None:
    pool = Pool.fresh(1, Settings(step=300))

    arrays = [part for part in pool.parts().values() if isinstance(part, np.ndarray)]
    assert sum(each.nbytes for each in arrays) <= 5_200


def test_between_two_tables_the_outlook_knows_clock_times() -> None:
    rng, day = np.random.default_rng(8), 288
    pattern = np.repeat(rng.uniform(20, 80, 48), 6)  # its own in each half hour, the same every day
    pool = Pool.fresh(3, Settings(step=300, horizons=(86_400,)))
    off = []
    for tick in range(day * 9):
        pool.observe(pattern[tick % day] + rng.normal(0, 0.5, 3), tick)
        if tick >= day * 9 - 24:  # a table is made once in that time
            off.append(np.abs(pool.outlook()[:, 0, 1] - pattern[tick % day]))
    assert np.mean(off) < 0.25 * pattern.std()


def test_the_share_of_clock_times_is_that_of_their_weight_where_it_is_large() -> None:
    rng = np.random.default_rng(9)
    loss = rng.uniform(1, 9, (200, 4, 9)).astype(np.float32)
    judged, learnt = np.full((200, 4), 7, np.float32), np.array([2, 3])
    prior = rng.uniform(0.1, 1, (2, 3, 9))
    found = np.empty((200, 2, 3))
    rows = np.arange(200)
    pool_kernel.clock_shares(loss, judged, learnt, prior, 1, rows, np.empty((4, 9)), found)
    least = loss.min(axis=2, keepdims=True)
    weight = np.exp(-2 * (loss - least) / (least + 1))[:, learnt, None] * prior
    weight[..., 7] = 0  # the month is judged by no series
    share = weight[..., 8] / weight.sum(axis=-1)
    large = share[..., 1] >= 0.3
    assert 0 < large.sum() < len(large.ravel())
    assert found[large] == pytest.approx(share[large], rel=1e-5)
    assert (found[~large] == 0).all()


def test_what_was_asked_before_changes_no_outlook() -> None:
    """Nor do parts that learn instead of the pool, nor another unit."""
    values, pool = mixed(16), Pool.fresh(3, Settings(step=HOUR))
    values[1, 300:] *= 1000
    for t, column in enumerate(values.T):
        if t // 24 % 5 == 4:
            part = pool.part(slice(0, 3))
            part.observe(column, FIRST + t)
            pool.put(slice(0, 3), part)
            pool.keep_pace(part)
        else:
            pool.observe(column, FIRST + t)
        never_asked = pool.take(np.arange(3))
        np.testing.assert_array_equal(pool.outlook(), never_asked.outlook())


def test_series_that_take_the_place_of_others_have_outlooks_of_their_own() -> None:
    """They have the losses of those, and what followed from others is forgotten."""
    clock = 2 * np.pi * np.arange(DAY * 16) / DAY
    values = np.stack([50 + 30 * np.sin(each * clock) + noise(16, each) for each in (1, 2, 3)])
    long, short = after(values), Pool.fresh(len(values), Settings(step=HOUR))
    late = values.shape[1] - 48
    for t, column in enumerate(values[:, late:].T, late):
        short.observe(column, FIRST + t)
    short.outlook()
    short.put(slice(1, 3), long.take(np.array([1, 2])))
    np.testing.assert_array_equal(short.outlook()[1:], long.outlook()[1:])
