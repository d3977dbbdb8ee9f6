"""One wild sample is one anomaly and is forgotten: outliers in series of three kinds, and what they leave."""

from __future__ import annotations

import numpy as np
import pytest

import outliers
from forecaster.replay import replay

DAY = outliers.DAY


@pytest.fixture(scope="module")
def told() -> dict[tuple[str, float], outliers.Told]:
    """What the engine says of six series without and with each kind of outlier."""
    return outliers.told(replay, n=6, seed=1)


@pytest.mark.parametrize("case", outliers.CASES)
def test_what_is_planted_later_is_found_as_well(
    told: dict[tuple[str, float], outliers.Told], case: tuple[str, float]
) -> None:
    assert told[case].found.sum() >= told[outliers.NONE].found.sum()


@pytest.mark.parametrize("case", outliers.CASES)
def test_it_is_an_anomaly_itself(
    told: dict[tuple[str, float], outliers.Told], case: tuple[str, float]
) -> None:
    assert told[case].noticed.all()


@pytest.mark.parametrize("case", outliers.CASES)
def test_the_band_and_what_is_expected_are_as_without(
    told: dict[tuple[str, float], outliers.Told], case: tuple[str, float]
) -> None:
    with_it, without = told[case], told[outliers.NONE]
    assert (with_it.band < 1.5 * without.band).all()
    assert (np.abs(with_it.expected - without.expected) < with_it.noise[:, None]).all()


def test_a_new_level_that_stays_is_expected_soon() -> None:
    """Its first samples may be slips, for all that is known; the fourth is none."""
    rng = np.random.default_rng(3)
    values = 50 + np.cumsum(rng.normal(0, 1, (1, 4 * DAY)), axis=1)
    values[:, 3 * DAY :] += 1e5
    said = replay(values, outliers.START + outliers.STEP * np.arange(4 * DAY))
    off = np.abs(said.expected - values)[0, 3 * DAY :]
    assert off[3] > 0.9e5
    assert off[10:].max() < 0.1e5
    assert off[30:].max() < 1000
