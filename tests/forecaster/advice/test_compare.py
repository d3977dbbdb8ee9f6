"""What changed in a week: clear and large changes only."""

from __future__ import annotations

import numpy as np
import pytest

from forecaster.advice.compare import Periods, changes
from forecaster.view.rollups import Rollup, Rollups

WEEK = 7 * 24


def past(before: float, after: float, noise: float = 0.1, hours: int = 2 * WEEK, seed: int = 1) -> Rollups:
    """A VM's CPU load of two weeks."""
    level = np.repeat([before, after], WEEK)[-hours:]
    day = np.random.default_rng(seed).lognormal(0, noise, 14).repeat(24)[-hours:]
    table = (level * day).astype(np.float32)[:, None]
    return Rollups(3600, {"vm_cpu": Rollup((("h1", "web"),), np.arange(hours), table, table)})


def test_a_clear_change_is_told_with_both_means() -> None:
    (found,) = changes(past(0.1, 0.4))
    assert (found.resource, dict(found.labels)["domain"]) == ("vm_cpu", "web")
    assert found.before == pytest.approx(0.1, rel=0.2)
    assert found.after == pytest.approx(0.4, rel=0.2)
    assert found.clearness > 5
    assert found.text().endswith("times as much")


def test_what_is_small_or_unclear_is_no_news() -> None:
    assert changes(past(0.01, 0.04)) == ()
    assert changes(past(0.5, 0.57, noise=0.02)) == ()
    assert changes(past(0.2, 0.4, noise=1.0)) == ()
    by_chance = sum(bool(changes(past(0.3, 0.3, noise=0.3, seed=seed))) for seed in range(1_000))
    assert by_chance <= 2


def test_two_weeks_must_be_known() -> None:
    assert changes(past(0.1, 0.4, hours=2 * WEEK - 24)) == ()


def test_periods_are_those_that_are_asked_for() -> None:
    """Four weeks: the load of the second one is another."""
    days = np.random.default_rng(1).lognormal(0, 0.1, 28) * np.repeat([0.2, 0.6, 0.2, 0.2], 7)
    table = days.repeat(24).astype(np.float32)[:, None]
    rollups = Rollups(3600, {"vm_cpu": Rollup((("h1", "web"),), np.arange(28 * 24), table, table)})
    assert changes(rollups) == ()
    (found,) = changes(rollups, Periods(7, 14))
    assert (found.before, found.after) == pytest.approx((days[7:14].mean(), days[21:].mean()), rel=1e-4)
    assert changes(rollups, Periods(7, 21)) == ()
    assert changes(rollups, Periods(14, 15)) == ()  # more than is known


def test_a_vm_that_moved_is_compared_and_one_that_is_gone_is_not() -> None:
    """It moved a day before the end; the other one was deleted then."""
    before = past(0.1, 0.4)["vm_cpu"].mean[:, 0]
    time = np.arange(2 * WEEK)
    old, new = np.where(time < 2 * WEEK - 24, before, np.nan), np.where(time < 2 * WEEK - 24, np.nan, before)
    table = np.stack([old, new, old], axis=1).astype(np.float32)
    keys = (("h1", "web"), ("h2", "web"), ("h1", "gone"))
    rollups = Rollups(3600, {"vm_cpu": Rollup(keys, time, table, table)})
    (found,) = changes(rollups, vms=(("h2", "web"),))
    assert dict(found.labels) == {"instance": "h2", "domain": "web"}
    assert found.before == pytest.approx(0.1, rel=0.2)
