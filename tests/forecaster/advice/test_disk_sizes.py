"""Disk sizes: by what file systems use and will use, never below it, and only where all of it is told."""

from __future__ import annotations

import numpy as np
import pytest

from forecaster.advice.disk_sizes import FULL, MARGINS, DiskSize, disk_sizes, lies_on
from forecaster.advice.sizes import FITS, LARGE, SMALL, UNKNOWN
from forecaster.view.inventory import Disk, FileSystem, Inventory, Vm
from forecaster.view.rollups import Rollup, Rollups

GIB = float(1 << 30)
HOURS = 28 * 24
DAYS = np.arange(HOURS) / 24


def size(
    level: np.ndarray, device: str = "vda1", source_type: str = "file", disk_type: str = "disk"
) -> DiskSize | None:
    """The size of a disk of 101 GiB whose file system of 100 GiB was used by these shares."""
    hours = level.astype(np.float32)[:, None]
    table = Rollup((("h1", "web", "/"),), 3600 * np.arange(1, len(hours) + 1), hours, hours)
    large, half = 101 * GIB, 50.5 * GIB
    disk = Disk("vda", disk_type, source_type=source_type, capacity_bytes=large, physical_bytes=half)
    vm = Vm("h1", "web", disks=(disk,), filesystems=(FileSystem("/", device, 100 * GIB),))
    found = disk_sizes(Rollups(3600, {"vm_filesystem": table}), Inventory(1, (vm,)))
    return found[0] if found else None


def test_a_file_system_that_was_made_larger_is_not_used_more() -> None:
    """It was 97 % full of 100 GiB, until a week ago, and then got 200; two days ago its VM moved."""
    grown, moved = HOURS - 7 * 24, HOURS - 2 * 24
    time = np.arange(HOURS)[:, None]
    level = np.where(time < grown, 0.97, 0.485)
    room = np.where(time < grown, 100 * GIB, 200 * GIB)
    there = np.hstack([time < moved, time >= moved])
    keys, ends = (("h1", "web", "/"), ("h2", "web", "/")), 3600 * np.arange(1, HOURS + 1)
    tables = {
        name: Rollup(keys, ends, *(np.where(there, values, np.nan).astype(np.float32),) * 2)
        for name, values in (("vm_filesystem", level), ("vm_size", room))
    }
    disk = Disk("vda", source_type="file", capacity_bytes=201 * GIB)
    vm = Vm("h2", "web", disks=(disk,), filesystems=(FileSystem("/", "vda1", 200 * GIB),))
    (found,) = disk_sizes(Rollups(3600, tables), Inventory(1, (vm,)))
    assert found.reason == "used at most 97 GiB in 28 days"
    assert (found.verdict, gib(found)["balanced"]) == (LARGE, 118)


def gib(of: DiskSize | None) -> dict[str, float]:
    assert of is not None
    return {risk: each / GIB for risk, each in of.sizes.items()}


def test_a_disk_with_much_to_spare_is_too_large_and_what_is_on_it_beside_the_file_system_is_kept() -> None:
    """At most 20 of 100 GiB, and a GiB of partitions."""
    level = np.full(HOURS, 0.1)
    level[5] = 0.2
    found = size(level)
    assert gib(found) == {"conservative": 27, "balanced": 25, "aggressive": 23}
    assert found is not None
    assert found.verdict == LARGE
    assert found.idle == pytest.approx((50.5 - 10) * GIB)
    assert found.reason == "used at most 20 GiB in 28 days; a trim in the guest gives back 40.5 GiB"


def test_a_trim_gives_nothing_back_from_a_block_device() -> None:
    found = size(np.full(HOURS, 0.2), source_type="block")
    assert found is not None
    assert found.idle is None
    assert found.reason == "used at most 20 GiB in 28 days"


def test_growth_of_the_next_month_makes_a_disk_too_small_before_it_is_full() -> None:
    """70 % after growing by half a point a day: 85 % in a month fits, a point a day does not."""
    assert getattr(size(0.56 + 0.005 * DAYS), "verdict", "") == FITS
    found = size(0.42 + 0.01 * DAYS)
    assert found is not None
    assert found.verdict == SMALL
    assert found.growth == pytest.approx(30 * GIB, rel=0.01)
    assert found.sizes["balanced"] == pytest.approx((1 + 1.2 * (70 + 30)) * GIB, abs=GIB)
    assert found.sizes["balanced"] > found.current


def test_a_disk_that_fits_keeps_its_size() -> None:
    found = size(np.full(HOURS, 0.6))
    assert gib(found) == dict.fromkeys(MARGINS, 101.0)
    assert size(np.full(HOURS, FULL)).verdict == SMALL  # type: ignore[union-attr]


@pytest.mark.parametrize("seed", range(5))
def test_no_size_is_below_what_was_used(seed: int) -> None:
    rng = np.random.default_rng(seed)
    level = np.clip(rng.uniform(0.1, 0.9) + 0.05 * rng.normal(size=HOURS), 0, 1)
    assert all(each >= 1 + 100 * level.max() - 0.01 for each in gib(size(level)).values())


def test_what_is_not_told_has_no_size() -> None:
    assert size(np.full(HOURS, 0.2), device="dm-0") is None
    young = size(np.full(167, 0.2))
    assert young is not None
    assert (young.verdict, young.sizes) == (UNKNOWN, {})
    assert young.reason == "not enough history: 7.0 of 7 days seen"
    assert disk_sizes(Rollups(), Inventory(1, (Vm("h1", "web", disks=(Disk("vda"),)),))) == ()


def test_a_floppy_has_the_size_it_has() -> None:
    assert size(np.full(HOURS, 1.0)) is not None
    assert size(np.full(HOURS, 1.0), disk_type="floppy") is None


def test_partitions_lie_on_their_disk() -> None:
    assert all(lies_on(name, "vda") for name in ("vda", "vda1", "vda15"))
    assert lies_on("nvme0n1p2", "nvme0n1")
    assert not any(lies_on(name, "vda") for name in ("vdb1", "vdab", "dm-0", ""))
    assert not lies_on("", "")


def test_disks_with_several_file_systems_are_told_apart() -> None:
    """Shares are those of what lies on each disk: 50 of 100 GiB, and 2 of 10 and 24 of 30."""
    names = ("/", "/small", "/large")
    table = np.tile(np.array([0.5, 0.2, 0.8], np.float32), (HOURS, 1))
    past = Rollup(tuple(("h1", "web", name) for name in names), 3600 * np.arange(1, HOURS + 1), table, table)
    filesystems = tuple(
        FileSystem(name, device, size * GIB)
        for name, device, size in zip(names, ("vda1", "vdb1", "vdb2"), (100, 10, 30), strict=True)
    )
    disks = Disk("vda", capacity_bytes=100 * GIB), Disk("vdb", capacity_bytes=40 * GIB)
    vm = Vm("h1", "web", disks=disks, filesystems=filesystems)
    found = disk_sizes(Rollups(3600, {"vm_filesystem": past}), Inventory(1, (vm,)))
    peaks = {dict(each.labels)["target_device"]: round((each.peak or 0) / GIB, 3) for each in found}
    assert peaks == {"vda": 50, "vdb": 26}


def test_the_hours_of_a_namesake_are_not_a_disk_s_own() -> None:
    """Another VM of the same name, whose guest tells nothing, filled its disk until its agent stopped."""
    hours = np.full((HOURS, 2), 0.1, np.float32)
    hours[: HOURS // 2, 0], hours[:, 1] = np.nan, 0.97
    keys = ("h1", "db", "/"), ("h2", "db", "/")
    table = Rollup(keys, 3600 * np.arange(1, HOURS + 1), hours, hours)
    disk = Disk("vda", source_type="file", capacity_bytes=101 * GIB)
    vm = Vm("h1", "db", uuid="a", disks=(disk,), filesystems=(FileSystem("/", "vda1", 100 * GIB),))
    known = Rollups(3600, {"vm_filesystem": table})
    (found,) = disk_sizes(known, Inventory(1, (vm, Vm("h2", "db", uuid="b", state="shutoff"))))
    assert found.reason == "used at most 10 GiB in 14 days"
