"""Which VMs stand still for want of room, and which storage has none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from forecaster.advice.standstill import FULL, Standstill, standstills
from forecaster.view.inventory import Disk, Inventory, Pool, ThinPool, Vm

GIB = 2.0**30
WEB = Vm(
    "h1", "web", state="paused", paused_by_error=1.0, disks=(Disk("vda", source="/srv/images/web.qcow2"),)
)
IMAGES = Pool(
    "h1", "images", type="dir", path="/srv/images", capacity_bytes=64 * GIB, allocation_bytes=64 * GIB
)
LABELS = (("domain", "web"), ("instance", "h1"))
OF_POOL = (("instance", "h1"), ("pool", "images"))


def test_the_full_pool_of_a_disk_is_why() -> None:
    other = replace(IMAGES, pool="other", path="/srv/other")
    (found,) = standstills(Inventory(1, vms=(WEB,), pools=(other, IMAGES)))
    assert found == Standstill(LABELS, OF_POOL)
    assert found.about == OF_POOL


def test_the_full_pool_of_a_cd_is_not_why() -> None:
    cd = Disk("sda", "cdrom", source="/srv/images/debian.iso")
    vm = replace(WEB, disks=(Disk("vda", source="/elsewhere"), cd))
    assert standstills(Inventory(1, vms=(vm,), pools=(IMAGES,))) == (Standstill(LABELS, ()),)


@pytest.mark.parametrize(
    "pool",
    [
        replace(IMAGES, allocation_bytes=0.9 * FULL * 64 * GIB),
        replace(IMAGES, allocation_bytes=None),
        replace(IMAGES, capacity_bytes=None),
        replace(IMAGES, capacity_bytes=0.0, allocation_bytes=0.0),
        replace(IMAGES, instance="h2"),
        replace(IMAGES, path="/srv/image"),
        replace(IMAGES, type="logical"),
    ],
)
def test_a_pool_is_not_why_that_has_room_is_not_known_is_elsewhere_or_gives_volumes_all_of_theirs(
    pool: Pool,
) -> None:
    (found,) = standstills(Inventory(1, vms=(WEB,), pools=(pool,)))
    assert found == Standstill(LABELS, ())
    assert found.about == LABELS


@pytest.mark.parametrize(
    ("group", "source"),
    [("vg", "/dev/vg/web"), ("my-vg", "/dev/my-vg/web"), ("my-vg", "/dev/mapper/my--vg-web")],
)
def test_a_full_thin_pool_is_why(group: str, source: str) -> None:
    vm = replace(WEB, disks=(Disk("vda", source="/elsewhere"), Disk("vdb", source=source)))
    thin = ThinPool("h1", group, "thin", used_ratio=1.0)
    (found,) = standstills(Inventory(1, vms=(vm,), thin_pools=(thin,)))
    assert found.storage == (("instance", "h1"), ("thin_pool", "thin"), ("volume_group", group))
    roomy = (replace(thin, used_ratio=0.5), replace(thin, volume_group="v"), replace(thin, instance="h2"))
    (found,) = standstills(Inventory(1, vms=(vm,), thin_pools=roomy))
    assert found.storage == ()


@pytest.mark.parametrize(("reason", "named"), [("enospc", True), ("", False), ("other", False)])
def test_where_qemu_found_no_room_a_pool_need_not_look_full(reason: str, named: bool) -> None:
    """It was measured before: libvirt measures a pool when it is refreshed."""
    half, third = (replace(IMAGES, allocation_bytes=share * 64 * GIB) for share in (0.5, 0.3))
    vm = replace(WEB, io_error=reason, disks=(*WEB.disks, Disk("vdb", source="/srv/data/web.raw")))
    pools = (replace(third, pool="data", path="/srv/data"), half)
    (found,) = standstills(Inventory(1, vms=(vm,), pools=pools))
    assert found.storage == (OF_POOL if named else ())


def test_another_error_is_not_the_fault_of_a_full_pool() -> None:
    (found,) = standstills(Inventory(1, vms=(replace(WEB, io_error="other"),), pools=(IMAGES,)))
    assert found.storage == ()


def test_a_vm_that_runs_or_that_somebody_paused_does_not_stand_still_by_an_error() -> None:
    for vm in (replace(WEB, paused_by_error=None), replace(WEB, state="running", paused_by_error=None)):
        assert standstills(Inventory(1, vms=(vm,), pools=(IMAGES,))) == ()
