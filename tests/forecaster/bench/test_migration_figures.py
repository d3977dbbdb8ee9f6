"""Real migrations, as the lab recorded them, are forecast within the bounds."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from migration_figures import Judged, absolute, judged, relative, right


@pytest.fixture(scope="module")
def found() -> list[Judged]:
    return judged()


def test_at_least_forty_migrations_are_judged_by_what_was_known_before(found: list[Judged]) -> None:
    assert len(found) >= 40
    assert {each.guest[0] for each in found} == {"j", "k"}  # c: calibration


def test_it_is_known_which_converge(found: list[Judged]) -> None:
    assert right(found) >= 0.95
    assert sum(not each.converged for each in found) >= 3


def test_durations_and_downtimes_are_forecast_within_the_bounds(found: list[Judged]) -> None:
    ended = [each for each in found if each.converged and each.converges]
    assert np.median(relative(ended)) <= 0.07
    assert np.quantile(relative(ended), 0.9) <= 0.20
    assert np.quantile(absolute(ended, "downtime"), 0.9) <= 0.28


def test_it_is_better_than_what_qemu_says(found: list[Judged]) -> None:
    ended = [each for each in found if each.converged and each.converges]
    for forecast, other, came in (
        ("seconds", "quotient", "took"),
        ("seconds", "qemu", "took"),
        ("left", "qemu_left", "was_left"),
    ):
        assert np.median(relative(ended, forecast, came)) < np.median(relative(ended, other, came)) / 2
