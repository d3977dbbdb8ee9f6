"""Looking ahead along a foreseen path: its samples scatter about it, and the highest meets the limit."""

from dataclasses import replace

import numpy as np
import pytest

from forecaster.engine.exhaustion.path import Path, highest_of
from forecaster.engine.exhaustion.time_scale import TimeScale

MINUTE, BLOCK, HOUR = 60, 900, 3600
SCALE = TimeScale(HOUR, MINUTE)
NOISE = np.random.default_rng(7)
BLOCKS = 96  # of a day


def path(rise_a_block: float) -> Path:
    """One series at 0 now, whose samples scatter by 1 about a path that is known to a hundredth."""
    rises = rise_a_block * np.arange(1, BLOCKS + 1)[:, None]
    one = np.ones(1)
    return Path(
        silent=np.arange(1),
        columns=np.arange(1),
        highest=np.ascontiguousarray(rises, np.float32),
        level=0 * one,
        daily=rise_a_block * BLOCKS * one,
        noise=0.01 * one,
        late=0.01 * one,
        jitter=one,
        first=0.5 * BLOCK,
        block=BLOCK,
    )


def simulated(rise_a_block: float, minutes: int) -> np.ndarray:
    """Samples (4000, minutes) about such a path, whose blocks' means are its values in their middle."""
    ahead = rise_a_block * (np.arange(1, minutes + 1) / (BLOCK // MINUTE) + 0.5)
    return ahead + NOISE.normal(size=(4000, minutes))


@pytest.mark.parametrize("limit", [1.5, 2.0, 2.5, 3.0])
def test_probability_of_a_level_path_is_that_of_its_samples(limit: float) -> None:
    came = (simulated(0, HOUR // MINUTE) >= limit).any(axis=1).mean()
    said = -np.expm1(path(0.0).log_survival(np.array([limit]), np.array([float(HOUR)]), SCALE))
    assert said[0, 0] == pytest.approx(came, abs=0.06)


@pytest.mark.parametrize("rise", [0.2, 1.0, 5.0])
def test_half_of_the_simulated_series_have_reached_the_limit_by_the_time_told(rise: float) -> None:
    limit = 12 * rise + 3
    samples = simulated(rise, 60 * 12) >= limit
    median = np.median(samples.argmax(axis=1) + 1) * MINUTE
    said = path(rise).seconds(np.array([limit]), (0.5,), SCALE)[0, 0]
    assert said == pytest.approx(median, abs=BLOCK / 4)


@pytest.mark.parametrize("behind", [-50.0, 50.0])
def test_a_day_of_one_block_rises_by_what_it_says(behind: float) -> None:
    """What lies behind its only row in memory is no matter."""
    rows = np.array([[2.0], [behind]], np.float32)
    whole = replace(path(2.0), highest=rows[:1])
    alone = replace(path(2.0), highest=rows[:1].copy())
    limit = np.array([1.5])
    assert (
        whole.seconds(limit, (0.1, 0.5, 0.9), SCALE).tolist()
        == alone.seconds(limit, (0.1, 0.5, 0.9), SCALE).tolist()
    )


@pytest.mark.parametrize(("beyond", "held"), [(-1.0, 1.0), (0.0, 1.0), (-1.0, -1.0)])
def test_quantiles_are_worked_out_where_the_median_may_be_told(beyond: float, held: float) -> None:
    limit, quantiles = np.array([15.0]), (0.5, 0.1, 0.9)
    told = path(1.0).seconds(limit, quantiles, SCALE)
    bounds = told[0] + np.array([[beyond], [held]])
    asked = path(1.0).seconds(limit, quantiles, SCALE, bounds)
    others = told[1:] if beyond < 0 < held else np.full((2, 1), np.inf)
    np.testing.assert_array_equal(asked, np.concatenate((told[:1], others)))


def test_the_highest_of_many_draws_is_higher_and_surer() -> None:
    found = [highest_of(draws) for draws in (1, 3, 15, 60)]
    assert [round(each, 2) for each, _ in found] == [0.0, 0.82, 1.69, 2.27]
    assert found[0][1] == pytest.approx(1, abs=1e-4)
    assert sorted((sure for _, sure in found), reverse=True) == [sure for _, sure in found]
