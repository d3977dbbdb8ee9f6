"""Patterns: the kind of load, the busiest hour, and nothing without two weeks."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from fleets import fleet
from forecaster.advice.patterns import patterns
from forecaster.advice.rhythm import LEAST
from forecaster.view.rollups import Rollup, Rollups

HOURS = 28 * 24
START = 1_798_416_000  # a Monday, 00:00 UTC
TIME = np.arange(HOURS)
NAMES = {"batch": {"weekly"}, "quiet": {"idle"}}  # of the fleet's kinds; the others are called what they are


def kinds(level: np.ndarray) -> list[tuple[str, int]]:
    hours = level.astype(np.float32)[:, None]
    ends = START + 3600 * np.arange(1, len(level) + 1)
    past = Rollups(3600, {"vm_cpu": Rollup((("h1", "web"),), ends, hours, hours)})
    return [(each.kind, each.busiest) for each in patterns(past)]


def test_the_busiest_hour_is_that_of_the_clock() -> None:
    assert kinds(np.where(TIME % 24 == 9, 0.8, 0.2)) == [("daily", 9)]
    assert kinds(np.where((TIME % 24 == 9) & (TIME // 24 % 7 == 6), 0.8, 0.2)) == [("weekly", 9)]


def test_noise_has_no_season() -> None:
    rng = np.random.default_rng(3)
    found = Counter(kinds(0.3 * rng.lognormal(0, 0.1, HOURS))[0][0] for _ in range(50))
    assert found == {"steady": 50}


def test_two_weeks_must_be_known() -> None:
    assert kinds(np.full(LEAST - 1, 0.3)) == []
    assert kinds(np.full(LEAST, 0.3)) == [("steady", 0)]


@pytest.mark.parametrize("seed", [1, 2])
def test_in_a_fleet_nearly_all_are_called_what_they_are(seed: int) -> None:
    known = fleet(seed, 120)
    found = {
        dict(each.labels)["domain"]: each.kind
        for each in patterns(known.rollups)
        if each.resource == "vm_cpu"
    }
    right = [
        found[vm.domain] in NAMES.get(kind, {kind})
        for vm, kind in zip(known.inventory.vms, known.kinds, strict=True)
    ]
    assert np.mean(right) >= 0.9


def test_a_vm_that_is_gone_has_no_pattern_and_one_that_moved_has_one() -> None:
    gone, level = np.where(TIME < 400, 0.01, np.nan), np.where(TIME % 24 == 9, 0.8, 0.2)
    old, new = np.where(TIME < HOURS - 72, level, np.nan), np.where(TIME < HOURS - 72, np.nan, level)
    hours = np.stack([gone, old, new], axis=1).astype(np.float32)
    keys = (("h1", "gone"), ("h1", "web"), ("h2", "web"))
    past = Rollups(3600, {"vm_cpu": Rollup(keys, START + 3600 * (TIME + 1), hours, hours)})
    (found,) = patterns(past, (("h2", "web"),))
    assert (found.labels, found.kind) == ((("domain", "web"), ("instance", "h2")), "daily")
    assert patterns(past) == ()
