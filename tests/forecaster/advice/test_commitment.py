"""Provisioned, allocated and used in guests are three figures, each of its own source."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from forecaster.advice.commitment import ADVISER, Commitment, commitments
from forecaster.view.inventory import Disk, FileSystem, Host, Inventory, Pool, ThinPool, Vm
from forecaster.view.rollups import Rollup, Rollups

GIB = float(1 << 30)


def vm(name: str, *disks: Disk, used: float | None = None, state: str = "running") -> Vm:
    filesystems = () if used is None else (FileSystem("/", "vda1", 20 * GIB, used * GIB),)
    return Vm(
        "h1",
        name,
        state=state,
        maximum_memory_bytes=8 * GIB,
        resident_bytes=6 * GIB,
        disks=disks,
        filesystems=filesystems,
    )


def disk(source: str, physical: float, chain: float | None = None) -> Disk:
    chained = None if chain is None else chain * GIB
    return Disk(
        "vda", source=source, capacity_bytes=20 * GIB, physical_bytes=physical * GIB, chain_bytes=chained
    )


def of(inventory: Inventory, rollups: Rollups | None = None) -> dict[str, Commitment]:
    return {each.part: each for each in commitments(rollups or Rollups(), inventory)}


IMAGES = Pool("h1", "images", path="/images", capacity_bytes=50 * GIB, allocation_bytes=31 * GIB)


def test_a_pool_by_its_disks_its_own_word_and_its_guests() -> None:
    vms = (
        vm("web", disk("/images/web.qcow2", 9), used=4),
        vm("db", disk("/images/db.top.qcow2", 2, chain=14), used=5),
        vm("silent", disk("/images/silent.qcow2", 8)),
        vm("elsewhere", disk("/images-old/x.qcow2", 7), used=3),
    )
    found = of(Inventory(1, vms, pools=(IMAGES,)))["pool"]
    sizes = {name: value / GIB for name, value in found.bytes.items()}
    assert sizes == {"capacity": 50, "provisioned": 60, "allocated": 31, "used_in_guest": 9}
    assert found.overcommit == 1.2
    assert (found.vms, found.told) == (3, 2)
    assert found.idle == (9 - 4 + 14 - 5) * GIB
    assert found.text() == "1.2 times provisioned; 14 GiB are allocated and not used in 2 of 3 guests"


def test_a_disk_counts_in_the_innermost_pool_once() -> None:
    inner = Pool("h1", "fast", path="/images/fast/", capacity_bytes=50 * GIB)
    elsewhere = Pool("h2", "other", path="/images/fast/db", capacity_bytes=50 * GIB)
    vms = (vm("web", disk("/images/web", 9)), vm("db", disk("/images/fast/db/1", 2)))
    found = commitments(Rollups(), Inventory(1, vms, pools=(IMAGES, inner, elsewhere)))
    provisioned = {dict(each.labels)["pool"]: each.bytes.get("provisioned") for each in found}
    assert provisioned == {"images": 20 * GIB, "fast": 20 * GIB, "other": None}


def test_a_disk_that_is_named_by_pool_and_volume_counts() -> None:
    volume = Disk("vda", source_type="volume", source="images/web", capacity_bytes=20 * GIB)
    found = of(Inventory(1, (vm("web", volume),), pools=(IMAGES,)))["pool"]
    assert (found.bytes["provisioned"], found.vms) == (20 * GIB, 1)


def test_a_guest_with_disks_in_two_pools_is_not_told_apart() -> None:
    other = Disk("vdb", source="/fast/web.qcow2", capacity_bytes=20 * GIB)
    found = of(Inventory(1, (vm("web", disk("/images/web", 9), other, used=4),), pools=(IMAGES,)))["pool"]
    assert "used_in_guest" not in found.bytes
    assert (found.bytes["provisioned"], found.vms, found.told, found.idle) == (20 * GIB, 1, 0, None)


@pytest.mark.parametrize(
    ("kind", "stated", "clusters", "one"),
    [
        ("netfs", (), ("", ""), True),
        ("rbd", (), ("a", "a"), True),
        ("netfs", (), ("a", "b"), False),  # of one name in another cluster
        ("dir", (), ("", ""), False),
        ("dir", ("images",), ("", ""), True),
        ("", ("/images",), ("", ""), True),
        ("", (), ("", ""), False),
    ],
)
def test_a_pool_that_hosts_share_has_the_disks_of_all(
    kind: str, stated: tuple[str, ...], clusters: tuple[str, str], one: bool
) -> None:
    """While `moving` migrates, both hosts have it."""
    pools = tuple(replace(IMAGES, instance=name, type=kind) for name in ("h1", "h2"))
    hosts = tuple(Host(name, cluster=of) for name, of in zip(("h1", "h2"), clusters, strict=True))
    moving = replace(vm("moving", disk("/images/m", 2)), uuid="m")
    there = (
        replace(vm("db", disk("/images/db", 8), used=5), instance="h2"),
        replace(moving, instance="h2", state="paused"),
    )
    inventory = Inventory(1, (vm("web", disk("/images/web", 9), used=4), moving, *there), hosts, pools)
    found = {each.labels[0][1]: each for each in commitments(Rollups(), inventory, stated)}
    assert {name: of.bytes["provisioned"] / GIB for name, of in found.items()} == (
        {"h1": 60, "h2": 60} if one else {"h1": 40, "h2": 20}
    )
    assert {of.bytes["allocated"] / GIB for of in found.values()} == {31}
    assert {name: (of.vms, of.told) for name, of in found.items()} == (
        {"h1": (3, 2), "h2": (3, 2)} if one else {"h1": (2, 1), "h2": (1, 1)}
    )


@pytest.mark.parametrize("kind", ["netfs", "dir"])
def test_an_image_that_several_vms_have_is_promised_once_in_a_pool(kind: str) -> None:
    """The CD of which they were installed; guests use nothing of it, and give nothing of it back."""
    pools = tuple(replace(IMAGES, instance=name, type=kind) for name in ("h1", "h2"))
    cd = Disk("sda", "cdrom", "/images/setup.iso", capacity_bytes=4 * GIB, physical_bytes=4 * GIB)
    vms = tuple(
        replace(vm(f"{host}-{at}", disk(f"/images/{host}-{at}", 9), cd, used=5), instance=host)
        for host in ("h1", "h2")
        for at in range(3)
    )
    for found in commitments(Rollups(), Inventory(1, vms, pools=pools)):
        several = 6 if kind == "netfs" else 3
        assert found.bytes["provisioned"] == (several * 20 + 4) * GIB
        assert (found.told, found.idle) == (several, several * 4 * GIB)


def test_a_cd_elsewhere_hides_nothing_of_what_a_guest_uses() -> None:
    cd = Disk("sda", "cdrom", "/isos/setup.iso", capacity_bytes=4 * GIB, physical_bytes=4 * GIB)
    known = vm("web", disk("/images/web", 9), cd, used=4)
    assert of(Inventory(1, (known,), pools=(IMAGES,)))["pool"].bytes["used_in_guest"] == 4 * GIB


def test_an_empty_drive_stands_for_no_disk_elsewhere() -> None:
    drive = Disk("sda", source="/images/setup.iso")
    other = Disk("vdb", source="/fast/web.qcow2", capacity_bytes=20 * GIB)
    known = vm("web", disk("/images/web", 9), drive, other, used=4)
    assert "used_in_guest" not in of(Inventory(1, (known,), pools=(IMAGES,)))["pool"].bytes


def test_memory_of_a_host_by_vms_that_are_on() -> None:
    vms = (vm("web"), vm("db", state="paused"), vm("off", state="shut off"))
    share = np.array([[0.9, np.nan], [0.25, np.nan]], np.float32)
    past = Rollup((("h1", "web"), ("h1", "db")), np.array([3600, 7200]), share, share)
    known = Inventory(1, vms, hosts=(Host("h1", memory_bytes=12 * GIB), Host("h2")))
    (found,) = commitments(Rollups(3600, {"vm_memory": past}), known)
    sizes = {name: value / GIB for name, value in found.bytes.items()}
    assert sizes == pytest.approx({"capacity": 12, "provisioned": 16, "allocated": 12, "used_in_guest": 2})
    assert (found.labels, found.vms, found.told, found.idle) == ((("instance", "h1"),), 2, 1, 4 * GIB)


def test_memory_that_the_balloon_took_is_not_used() -> None:
    """Of 8 GiB the guest has 4, and uses 3.6; its process still has 6. An hour ago it had 8."""
    guest = replace(vm("web"), current_memory_bytes=4 * GIB)
    ends = np.array([3600, 7200])
    share, size = (np.array(each, np.float32) for each in ([[0.2], [0.9]], [[8 * GIB], [4 * GIB]]))
    past = {"vm_memory": Rollup((("h1", "web"),), ends, share, share)}
    told = past | {"vm_size": Rollup((("h1", "web", "memory"),), ends, size, size)}
    known = Inventory(1, (guest,), hosts=(Host("h1", memory_bytes=12 * GIB),))
    for tables in (past, told):
        (found,) = commitments(Rollups(3600, tables), known)
        assert found.bytes["used_in_guest"] == pytest.approx(3.6 * GIB)
        assert found.bytes["provisioned"] == 8 * GIB
        assert found.idle == pytest.approx(2.4 * GIB)


def test_a_thin_pool_by_what_lvm_says() -> None:
    pool = ThinPool("h1", "vg", "thin", size_bytes=100 * GIB, virtual_bytes=300 * GIB, used_ratio=0.4)
    found = of(Inventory(1, thin_pools=(pool, ThinPool("h1", "vg", "new"))))["thin_pool"]
    assert {name: value / GIB for name, value in found.bytes.items()} == {
        "capacity": 100,
        "provisioned": 300,
        "allocated": 40,
    }
    assert found.labels == (("instance", "h1"), ("thin_pool", "thin"), ("volume_group", "vg"))
    assert found.text() == "3 times provisioned"


def test_what_is_most_overcommitted_is_first_and_what_is_not_known_has_no_sample() -> None:
    pools = (IMAGES, Pool("h1", "empty", capacity_bytes=GIB), Pool("h1", "silent"))
    thin = (ThinPool("h1", "vg", "thin", size_bytes=GIB, virtual_bytes=3 * GIB),)
    found = commitments(
        Rollups(), Inventory(1, (vm("web", disk("/images/w", 9)),), pools=pools, thin_pools=thin)
    )
    assert [dict(each.labels).get("pool", "thin") for each in found] == ["thin", "images", "empty"]
    (output,) = [each for each in ADVISER.advice.outputs if each.name == "bytes"]
    assert [own for own, _ in output.samples(found[2])] == [("capacity",)]
    assert ADVISER.advice.outputs[-1].cell(found[2]) == ""


def test_memory_of_a_namesake_that_is_off_is_not_used_in_a_guest() -> None:
    """It was still on for a part of the last hour; the guest of the one that is on tells nothing."""
    hours = np.array([[0.5]], np.float32)
    past = Rollups(3600, {"vm_memory": Rollup((("h2", "db"),), np.array([3600]), hours, hours)})
    off = replace(vm("db", state="shutoff"), instance="h2")
    found = of(Inventory(1, (vm("db"), off), hosts=(Host("h1", memory_bytes=64 * GIB),)), past)["host_memory"]
    assert (found.vms, found.told, found.idle) == (1, 0, None)
