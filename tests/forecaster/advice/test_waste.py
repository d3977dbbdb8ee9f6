"""What is not used: idle VMs and nothing else, orphans, snapshots."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import example_view
from fleets import START, fleet
from forecaster.advice.waste import (
    ADVISER,
    GROWING,
    IDLE,
    LEAST,
    ORPHANS,
    SNAPSHOT,
    ZOMBIE,
    snapshot_growth,
    wasted,
)
from forecaster.view.inventory import Disk, Inventory, Pool, Vm
from forecaster.view.rollups import Rollup, Rollups
from forecaster.view.view import View

KEY = ("h1", "web")
DAY = 86_400


def kinds(cpu: float, network: float, hours: int = LEAST, once: float = 0.0) -> list[str]:
    """The kinds of waste of one VM with these loads, and with another CPU load in one hour."""
    tables = {}
    for name, value in (("vm_cpu", cpu), ("vm_network", network), ("vm_disk", network)):
        column = np.full((hours, 1), value, np.float32)
        tables[name] = Rollup((KEY,), 3600 * np.arange(1, hours + 1), column, column)
    tables["vm_cpu"].mean[3] += once
    vms = (Vm(*KEY, virtual_cpus=2.0, maximum_memory_bytes=2.0**31),)
    return [each.kind for each in wasted(Rollups(3600, tables), Inventory(1, vms))]


def test_an_idle_vm_neither_computes_nor_talks() -> None:
    assert kinds(0.01, 200.0) == [IDLE]
    assert kinds(0.01, 0.0) == [ZOMBIE]
    assert kinds(0.05, 200.0) == []
    assert kinds(0.01, 5_000.0) == []


@pytest.mark.parametrize(
    ("state", "found"), [("", [ZOMBIE]), ("running", [ZOMBIE]), ("shutoff", []), ("crashed", [])]
)
def test_a_vm_that_is_off_holds_no_cpus_and_no_memory(state: str, found: list[str]) -> None:
    """It did nothing while it ran, until 200 hours ago."""
    hours = np.full((672, 1), 0.01, np.float32)
    hours[-200:] = np.nan
    table = Rollup((KEY,), 3600 * np.arange(1, 673), hours, hours)
    vm = Vm(*KEY, state=state, virtual_cpus=2.0, maximum_memory_bytes=2.0**31)
    past = Rollups(3600, {"vm_cpu": table, "vm_network": table})
    assert [each.kind for each in wasted(past, Inventory(1, (vm,)))] == found


def test_one_hour_of_work_in_a_month_is_work() -> None:
    assert kinds(0.01, 200.0, hours=672, once=0.05) == [IDLE]
    assert kinds(0.01, 200.0, hours=672, once=0.5) == []


def test_two_weeks_must_be_known() -> None:
    assert kinds(0.01, 200.0, hours=LEAST - 1) == []


def test_orphans_and_snapshots_count_when_they_are_large_or_old() -> None:
    pools = tuple(
        Pool("h1", name, orphan_bytes=size) for name, size in (("a", 1e9), ("b", 2e10), ("c", None))
    )
    now = 100 * DAY
    vms = tuple(
        Vm("h1", f"vm-{age}", snapshots=float(age > 0), oldest_snapshot=now - age * DAY if age else None)
        for age in (0, 29, 31)
    )
    found = wasted(Rollups(), Inventory(now, vms, pools=pools))
    assert [(each.kind, each.labels[-1 if each.kind == ORPHANS else 0][1]) for each in found] == [
        (ORPHANS, "b"),
        (SNAPSHOT, "vm-31"),
    ]
    assert found[1].reason.startswith("snapshots: 1, the oldest is 31d old")


@pytest.mark.parametrize(
    ("stated", "found"), [((), ["a", "b"]), (("a", "/srv"), []), (("/mnt",), ["a", "b"]), (("b",), ["a"])]
)
def test_volumes_of_a_pool_that_is_said_to_be_shared_may_be_of_other_hosts(
    stated: tuple[str, ...], found: list[str]
) -> None:
    pools = tuple(
        Pool("h1", name, type="dir", path=path, orphan_bytes=2e10)
        for name, path in (("a", "/a"), ("b", "/srv/b"))
    )
    told = wasted(Rollups(), Inventory(1, pools=pools), stated)
    assert [each.labels[1][1] for each in told if each.kind == ORPHANS] == found
    known = {"inventory": Inventory(1, pools=pools), "rollups": Rollups(), "shared_storage": stated}
    made = View(**{**vars(example_view.make()), **known})
    assert list(ADVISER.advice.given(made.fresh(made.made_at, 900))) == list(told)


GIB = float(1 << 30)


def snapped(level: np.ndarray, day: int, *disks: Disk) -> tuple[Rollups, Inventory]:
    """A VM with a snapshot of that day, whose first disk occupies these shares at the end of each day."""
    hours = np.repeat(level, 24).astype(np.float32)[:, None]
    table = Rollup(((*KEY, "vda"),), 3600 * np.arange(1, len(hours) + 1), hours, hours)
    vm = Vm(*KEY, snapshots=1.0, oldest_snapshot=float(max(1, day * DAY)), disks=disks)
    return Rollups(3600, {"vm_disk_allocation": table}), Inventory(len(level) * DAY, (vm,))


def test_a_snapshot_whose_image_grows_is_waste_before_it_is_old() -> None:
    """100 GiB that grow by 2 GiB a day in an overlay that began empty; before, the image stood still."""
    level = np.where(np.arange(14) < 7, 0.8, 0.02 * (np.arange(14) - 6))
    overlay = Disk("vda", capacity_bytes=100 * GIB, physical_bytes=14 * GIB, chain_bytes=94 * GIB)
    (found,) = wasted(*snapped(level, 7, overlay))
    assert (found.kind, found.bytes) == (GROWING, 14 * GIB)
    assert found.growth == pytest.approx(2 * GIB, rel=1e-3)
    assert found.reason.endswith("7d old; they keep what was changed; its images grow by 2 GiB a day")


def test_the_images_of_a_vm_that_moved_grew_at_its_old_host() -> None:
    level = np.where(np.arange(14) < 7, 0.8, 0.02 * (np.arange(14) - 6))
    disk = Disk("vda", capacity_bytes=100 * GIB, physical_bytes=14 * GIB)
    rollups, known = snapped(level, 7, disk)
    (vm,) = known.vms
    (found,) = snapshot_growth(
        rollups["vm_disk_allocation"], [replace(vm, instance="h2")], [("h2", vm.domain)]
    )
    assert found == pytest.approx(2 * GIB, rel=1e-3)


def test_the_images_of_a_namesake_that_has_no_snapshot_are_not_a_vm_s_own() -> None:
    level = np.where(np.arange(14) < 7, 0.8, 0.02 * (np.arange(14) - 6))
    disk = Disk("vda", capacity_bytes=100 * GIB, physical_bytes=14 * GIB)
    rollups, known = snapped(level, 7, disk)
    (vm,) = known.vms
    snapshotted = replace(vm, instance="h2", uuid="b")
    other = replace(vm, uuid="a", snapshots=0.0, state="shutoff")
    assert wasted(rollups, replace(known, vms=(other, snapshotted))) == ()


def test_growth_is_not_guessed_and_without_it_a_young_snapshot_is_none_of_our_business() -> None:
    disk = Disk("vda", capacity_bytes=100 * GIB, physical_bytes=14 * GIB)
    assert wasted(*snapped(np.full(14, 0.5), 7, disk)) == ()
    assert wasted(*snapped(0.5 + 0.02 * np.arange(14), 13, disk)) == (), "a day is no growth"
    rollups, known = snapped(np.full(14, 0.5), 7)
    assert snapshot_growth(rollups["vm_disk_allocation"], known.vms, known.keys) == [None]
    (old,) = wasted(*snapped(np.full(40, 0.5), 0, disk))
    assert (old.kind, old.bytes) == (SNAPSHOT, None)
    assert old.growth == pytest.approx(0.0, abs=1.0)


@pytest.mark.parametrize("seed", range(5))
def test_in_a_fleet_what_is_called_idle_is(seed: int) -> None:
    known = fleet(seed, 120)
    inventory = replace(known.inventory, at=START)
    found = [each for each in wasted(known.rollups, inventory) if each.kind in {IDLE, ZOMBIE}]
    truth = {vm.domain for vm, kind in zip(inventory.vms, known.kinds, strict=True) if kind == "idle"}
    named = {dict(each.labels)["domain"] for each in found}
    assert named
    assert named <= truth
    assert len(named) >= 0.7 * len(truth)
