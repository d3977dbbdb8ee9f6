"""File systems in guests: only those that can fill up, each once, and not too many."""

from __future__ import annotations

from typing import Any

import pytest

from exporter.snapshot.guest import MOST_FILESYSTEMS, Filesystem, filesystems
from exporter.snapshot.text import LONGEST

G = 10**9


def told(*rows: tuple[str, str, float, float, str]) -> dict[str, Any]:
    """What libvirt says about these: mount point, type, size, used, name of the device."""
    raw: dict[str, Any] = {"fs.count": len(rows)}
    for n, row in enumerate(rows):
        keys = ("mountpoint", "fstype", "total-bytes", "used-bytes", "name")
        raw |= {f"fs.{n}.{key}": value for key, value in zip(keys, row, strict=True)}
    return raw


def test_pseudo_and_incomplete_filesystems_are_dropped() -> None:
    raw = told(("/snap", "squashfs", 1, 1, "loop0"), ("/data", "ext4", 10, 0, "vdb"))
    raw |= {"fs.count": 3, "fs.2.mountpoint": "/old", "fs.2.fstype": "ext4"}
    assert filesystems(raw) == ((Filesystem("/data", "ext4", 10, 0, "vdb"),), 0)


@pytest.mark.parametrize("kind", ["ISO9660", "Squashfs", "fuse.squashfuse", "UDF", "CDFS", "tmpfs"])
def test_images_are_always_full_however_their_type_is_written(kind: str) -> None:
    assert filesystems(told(("/x", kind, 10, 10, "x"))) == ((), 0)


def test_bind_mounts_are_one_file_system_and_push_no_other_out() -> None:
    """A Kubernetes node: the mounts of its root disk come before the data disk."""
    pod = "/var/lib/kubelet/pods/{:036d}/volume-subpaths/config/app/0"
    bound = [(pod.format(n), "ext4", 50 * G, 20 * G, "vda1") for n in range(150)]
    raw = told(*bound, ("/", "ext4", 50 * G, 20 * G, "vda1"), ("/data", "xfs", 900 * G, 880 * G, "vdb"))
    found, left_out = filesystems(raw)
    assert [(one.mountpoint, one.device) for one in found] == [("/", "vda1"), ("/data", "vdb")]
    assert left_out == 0


def test_logical_volumes_of_one_disk_are_several_file_systems() -> None:
    raw = told(("/", "ext4", 10, 5, "dm-0"), ("/home", "ext4", 20, 6, "dm-1"))
    raw |= {"fs.0.disk.0.device": "/dev/vda2", "fs.1.disk.0.device": "/dev/vda2"}
    found, _ = filesystems(raw)
    assert [(one.mountpoint, one.device) for one in found] == [("/", "/dev/vda2"), ("/home", "/dev/vda2")]


def test_of_two_under_one_mount_point_the_larger_is_shown_and_the_other_counted() -> None:
    """Volumes of Windows without a letter share a name."""
    raw = told(
        ("System Reserved", "NTFS", 5, 4, "a"),
        ("System Reserved", "NTFS", 9, 9, "b"),
        ("C:\\", "NTFS", 99, 6, "c"),
    )
    found, left_out = filesystems(raw)
    assert [(one.mountpoint, one.device) for one in found] == [("System Reserved", "b"), ("C:\\", "c")]
    assert left_out == 1


def test_without_names_of_devices_each_mount_point_stands_for_itself() -> None:
    found, left_out = filesystems(told(("/a", "ext4", 10, 1, ""), ("/b", "ext4", 10, 1, "")))
    assert ([one.mountpoint for one in found], left_out) == (["/a", "/b"], 0)


def test_the_file_systems_of_a_hostile_guest_are_bounded_and_the_fullest_shown() -> None:
    long = "x" * 4096
    raw = told(*((f"/{n}{long}", "ext4", 2000, n, f"vd{n}") for n in range(1000)))
    found, left_out = filesystems(raw)
    assert len(found) == MOST_FILESYSTEMS
    assert left_out == 1000 - MOST_FILESYSTEMS
    assert {len(one.mountpoint) for one in found} == {LONGEST}
    assert min(one.used for one in found) == 1000 - MOST_FILESYSTEMS


def test_a_count_that_no_list_has_costs_no_time() -> None:
    assert filesystems({"fs.count": 2**63}) == ((), 0)
