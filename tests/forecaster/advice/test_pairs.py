"""Pairs: planted ties are found at their lag, and none are among VMs that share a season only."""

from __future__ import annotations

import numpy as np
import pytest

from fleets import fleet
from forecaster.advice.lagged import FARTHEST, MOST, ties
from forecaster.advice.pairs import Pair, pairs
from forecaster.view.rollups import Rollup, Rollups

HOURS = 28 * 24
TIME = np.arange(HOURS)
SEASON = 0.3 * np.clip(np.sin(2 * np.pi * (TIME - 8) / 24), 0, None) * (TIME // 24 % 7 < 5)


def loads(seed: int, count: int) -> np.ndarray:
    """VMs of one season, each with loads of its own that come and stay for some hours."""
    rng = np.random.default_rng(seed)
    own = rng.normal(size=(HOURS + 24, count))
    smooth = np.stack([np.convolve(each, np.ones(3) / 3, "same") for each in own.T], axis=1)[12:-12]
    return 0.4 + SEASON[:, None] + 0.05 * smooth


def found(values: np.ndarray, resource: str = "vm_cpu") -> list[Pair]:
    names = tuple((f"h{at % 3}", f"vm-{at:02}") for at in range(values.shape[1]))
    ends = 3600 * np.arange(1, len(values) + 1)
    table = values.astype(np.float32)
    return list(pairs(Rollups(3600, {resource: Rollup(names, ends, table, table)})))


@pytest.mark.parametrize("lag", [0, 1, 2, FARTHEST])
def test_a_vm_that_does_what_another_did_before_is_found_with_its_lag(lag: int) -> None:
    values = loads(1, 40)
    noise = 0.01 * np.random.default_rng(2).normal(size=HOURS)
    extra = values[:, 3] - 0.4 - SEASON
    values[:, 17] = 0.2 + 2 * SEASON + 1.5 * np.roll(extra, lag) + noise
    (of,) = found(values)
    names = [dict(labels)["domain"] for labels in (of.leader, of.follower)]
    assert set(names) == {"vm-03", "vm-17"}
    assert of.lag == 3600 * lag
    assert of.correlation > 0.8
    if lag:
        assert names == ["vm-03", "vm-17"]
        assert of.text() == f"{lag}h after domain=vm-03, instance=h0"
    else:
        assert of.text().startswith("at the same time as domain=vm-")


@pytest.mark.parametrize("seed", range(10))
def test_a_common_season_is_no_tie(seed: int) -> None:
    assert found(loads(seed, 60)) == []


def test_jobs_that_share_a_few_hours_a_week_are_no_tie() -> None:
    rng = np.random.default_rng(6)
    values = np.full((HOURS, 2), 0.02) + 0.001 * rng.normal(size=(HOURS, 2))
    values[np.isin(TIME % 168, range(150, 155))] += 0.5 * rng.lognormal(0, 0.5, 20)[:, None]
    assert found(values) == []


@pytest.mark.parametrize("seed", [0, 14])
def test_in_a_fleet_of_independent_vms_there_are_none(seed: int) -> None:
    assert pairs(fleet(seed, 60).rollups) == ()


def test_one_burst_of_both_is_no_tie() -> None:
    values = loads(4, 6)
    values[200:230, :2] += 2.0
    assert found(values) == []


def test_two_weeks_must_be_known_and_a_vm_that_migrated_is_no_pair_with_itself() -> None:
    values = np.tile(loads(5, 1), 2)
    values[: HOURS - 300, 1] = np.nan
    assert found(values) == []
    names = (("h1", "web"), ("h2", "web"))
    table = np.tile(loads(5, 1), 2).astype(np.float32)
    past = Rollups(3600, {"vm_cpu": Rollup(names, 3600 * np.arange(1, HOURS + 1), table, table)})
    assert pairs(past) == ()


def test_where_all_move_together_the_closest_pairs_are_told() -> None:
    """The servers behind one load balancer: 50 of them are 1,225 pairs."""
    noise = np.arange(1, 51) * 0.0001 * np.random.default_rng(7).normal(size=(HOURS, 50))
    told = ties((loads(5, 1) + noise).astype(np.float32))
    assert len(told) == MOST
    assert len({frozenset((tie.leader, tie.follower)) for tie in told}) == MOST
    found = [tie.correlation for tie in told]
    assert found == sorted(found, reverse=True)


@pytest.mark.parametrize("asked", [15, 28], ids="{} days are asked for".format)
def test_in_fifteen_days_a_planted_tie_is_found_and_a_free_weekend_is_none(asked: int) -> None:
    values = loads(1, 40)
    values[:, 3] = values[:, 1] + 0.002 * np.random.default_rng(2).normal(size=HOURS)
    values[: HOURS - 15 * 24] = np.nan
    (of,) = found(values[-asked * 24 :])
    assert {dict(labels)["domain"] for labels in (of.leader, of.follower)} == {"vm-01", "vm-03"}


def test_nothing_of_nothing() -> None:
    assert ties(np.empty((0, 0), np.float32)) == []
    assert pairs(Rollups()) == ()


def test_a_vm_that_moved_is_one_of_a_pair_and_one_that_is_gone_is_none() -> None:
    values = loads(1, 40)
    values[:, 17] = 0.2 + 2 * SEASON + 1.5 * (values[:, 3] - 0.4 - SEASON)
    moved = np.hstack(
        [np.where(TIME[:, None] < 300, values, np.nan), np.where(TIME[:, None] < 300, np.nan, values)]
    )
    names = tuple((host, f"vm-{at:02}") for host in ("h1", "h2") for at in range(40))
    table = moved.astype(np.float32)
    past = Rollups(3600, {"vm_cpu": Rollup(names, 3600 * (TIME + 1), table, table)})
    (of,) = pairs(past, names[40:])
    assert {dict(each)["instance"] for each in (of.leader, of.follower)} == {"h2"}
    for last, told in ((24, 1), (25, 0)):
        gone = np.where(TIME[:, None] < HOURS - last + 1, values, np.nan).astype(np.float32)
        past = Rollups(3600, {"vm_cpu": Rollup(names[:40], 3600 * (TIME + 1), gone, gone)})
        assert len(pairs(past)) == told
