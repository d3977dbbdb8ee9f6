"""Quantile forecasts of values: exact where a series is simple, within bounds, unshaken by a wild sample."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING

import numpy as np
import pytest

from forecaster.engine.forecasts.forecasts import Forecasts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

HOUR, DAY, MIDNIGHT = 3600, 24, 86400 * 19675
QUANTILES = (0.1, 0.5, 0.9)


def after(values: Floats, step: int = HOUR) -> Forecasts:
    """The forecasts of series that took the values (n_series, n_steps)."""
    model = Forecasts.fresh(len(values), step)
    for t, column in enumerate(values.T):
        model.observe(column, MIDNIGHT + step * t)
    return model


def noise(days: int, seed: int = 0) -> Floats:
    return np.random.default_rng(seed).normal(size=DAY * days)


@pytest.mark.parametrize("value", [0.0, 61.23, -4.5e9])
def test_a_constant_series_stays_what_it_is(value: float) -> None:
    said = after(np.full((1, 3 * DAY), value)).quantiles((HOUR, DAY * HOUR, 30 * DAY * HOUR), QUANTILES)

    np.testing.assert_array_equal(said, np.full((1, 3, 3), value))


def test_the_median_of_a_series_that_is_mostly_zero_is_zero() -> None:
    bursts = np.where(np.random.default_rng(1).random(12 * DAY) < 0.2, 30.0 + noise(12), 0.0)

    said = after(np.append(bursts, 0.0)[None]).quantiles((HOUR, 4 * HOUR, DAY * HOUR), QUANTILES, lowest=0.0)

    np.testing.assert_array_equal(said[0, :, :2], 0.0)
    assert said[0, -1, 2] > 25.0


def test_a_job_at_a_clock_time_is_foreseen() -> None:
    job = np.where(np.arange(10 * DAY) % DAY == 5, 80.0, 10.0) + 0.1 * noise(10)

    said = after(job[None]).quantiles((5 * HOUR, 6 * HOUR, 7 * HOUR), (0.5,))[0, :, 0]

    assert said[1] > 70.0
    assert max(said[0], said[2]) < 20.0


def test_quantiles_ascend_within_their_bounds_at_every_horizon() -> None:
    model = after(np.clip(3.0 * noise(9, seed=2), 0.0, None)[None])

    said = model.quantiles(
        [HOUR * k for k in range(1, 30 * DAY, 37)], (0.01, 0.1, 0.3, 0.5, 0.9, 0.99), 0.0, 4.0
    )

    assert (np.diff(said, axis=-1) >= 0.0).all()
    assert said.min() >= 0.0
    assert said.max() <= 4.0


def test_asking_changes_nothing() -> None:
    model = after(noise(5)[None])
    before = deepcopy(model)

    first, second = (model.quantiles((HOUR, DAY * HOUR), QUANTILES) for _ in range(2))

    np.testing.assert_array_equal(first, second)
    for name, value in before.batch._asdict().items():
        np.testing.assert_array_equal(getattr(model.batch, name), value)


def test_a_wild_sample_is_forgotten() -> None:
    usual = 50.0 + noise(14, seed=3)
    wild = usual.copy()
    wild[-2 * DAY] = 5e7

    calm, shaken = (
        after(each[None]).quantiles((HOUR, 4 * HOUR, DAY * HOUR), QUANTILES) for each in (usual, wild)
    )

    np.testing.assert_allclose(shaken, calm, atol=0.5)


def test_a_new_range_is_taken_on() -> None:
    values = np.concatenate((1.0 + 0.01 * noise(3), 1e6 + noise(11)))

    said = after(values[None]).quantiles((HOUR,), QUANTILES)

    np.testing.assert_allclose(said, 1e6, rtol=1e-3)


def test_a_fill_goes_on() -> None:
    """A line outgrows all that was seen: the last value's changes are the member that is right."""
    fill = 100.0 + 0.5 * np.arange(14.0 * DAY)

    said = after(fill[None]).quantiles((DAY * HOUR, 7 * DAY * HOUR), (0.5,))[0, :, 0]

    np.testing.assert_allclose(said, fill[-1] + 0.5 * np.array((DAY, 7 * DAY)), rtol=0.05)


def test_nothing_seen_has_no_forecast() -> None:
    said = after(np.full((1, 30), np.nan)).quantiles((HOUR,), QUANTILES)

    assert np.isnan(said).all()


def test_a_step_finer_than_a_slot_keeps_the_slots_latest_value() -> None:
    model = after(np.tile([1.0, 2.0, 3.0, 4.0, 5.0], 300)[None], step=60)

    assert model.batch.ring.shape == (1, 14 * 288)
    np.testing.assert_array_equal(model.quantiles((DAY * HOUR,), QUANTILES), 5.0)


def test_the_state_is_small() -> None:
    model = Forecasts.fresh(1, 300)

    assert sum(part.nbytes for part in model.batch) <= 10_000
