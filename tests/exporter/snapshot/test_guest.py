"""File systems in guests: only those that can fill up, and not too many."""

from __future__ import annotations

from typing import Any

from exporter.snapshot.guest import MOST_FILESYSTEMS, Filesystem, filesystems
from exporter.snapshot.text import LONGEST


def test_pseudo_and_incomplete_filesystems_are_dropped() -> None:
    raw = {
        "fs.count": 4,
        "fs.0.mountpoint": "/snap", "fs.0.fstype": "squashfs", "fs.0.total-bytes": 1, "fs.0.used-bytes": 1,
        "fs.1.mountpoint": "/old", "fs.1.fstype": "ext4",
        "fs.2.mountpoint": "/data", "fs.2.fstype": "ext4", "fs.2.total-bytes": 10, "fs.2.used-bytes": 0,
        "fs.3.mountpoint": "/data", "fs.3.fstype": "ext4", "fs.3.total-bytes": 11, "fs.3.used-bytes": 1,
    }  # fmt: skip
    assert filesystems(raw) == (Filesystem("/data", "ext4", 10, 0),)


def test_the_file_systems_of_a_hostile_guest_are_bounded() -> None:
    raw: dict[str, Any] = {"fs.count": 1000}
    for n in range(1000):
        raw |= {f"fs.{n}.mountpoint": f"/{n}" + "x" * 4096, f"fs.{n}.total-bytes": 2, f"fs.{n}.used-bytes": 1}
    found = filesystems(raw)
    assert len(found) == MOST_FILESYSTEMS
    assert {len(one.mountpoint) for one in found} == {LONGEST}
