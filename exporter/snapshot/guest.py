"""What a guest agent reports about its guest: file systems, and the details of guest_details."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from exporter.snapshot.counted import indices
from exporter.snapshot.need import Need
from exporter.snapshot.text import bounded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from exporter.snapshot.guest_details import Details

GUEST_AGENTS = Need("guest-agents")

# Images that are always full, and file systems without storage of their own.
PSEUDO = frozenset(
    "squashfs fuse.squashfuse iso9660 udf cdfs erofs cramfs romfs tmpfs devtmpfs ramfs overlay".split()  # noqa: SIM905 (legible)
)

MOST_FILESYSTEMS = 100  # per guest


@dataclass(frozen=True, slots=True)
class Filesystem:
    """One file system, at its shortest mount point; sizes in bytes.

    `device` is its name in the guest, if the agent knows it.
    """

    mountpoint: str
    type: str
    size: float
    used: float
    device: str = ""


@dataclass(frozen=True, slots=True)
class Agent:
    """A guest agent. `updated` is the Unix time of its last answer; None before the first.

    `left_out` counts file systems that are not in `filesystems`.
    """

    up: bool
    updated: float | None = None
    filesystems: tuple[Filesystem, ...] = ()
    left_out: int = 0
    details: Details | None = None


def filesystems(raw: Mapping[str, Any]) -> tuple[tuple[Filesystem, ...], int]:
    """The file systems that can fill up, from virDomainGetGuestInfo, and how many others are left out.

    A file system that is mounted several times (bind mounts, subvolumes) stands once. Of two under one mount
    point, such as nameless volumes of Windows, the larger is shown; of many, the fullest.
    """
    by_device: dict[str, Filesystem] = {}
    for n in indices(raw, "fs.count"):
        one = _filesystem(raw, f"fs.{n}.")
        if one is not None:
            # The name is that of the file system's own device; disk.0.device may hold several volumes.
            device = str(raw.get(f"fs.{n}.name", "")) or f"at {raw[f'fs.{n}.mountpoint']}"
            by_device[device] = min(by_device.get(device, one), one, key=_depth)
    by_mountpoint: dict[str, Filesystem] = {}
    for one in by_device.values():
        other = by_mountpoint.get(one.mountpoint, one)
        by_mountpoint[one.mountpoint] = max(other, one, key=lambda each: each.size)
    fullest = sorted(by_mountpoint.values(), key=lambda one: -one.used / one.size)[:MOST_FILESYSTEMS]
    shown = set(fullest)
    return tuple(one for one in by_mountpoint.values() if one in shown), len(by_device) - len(shown)


def _depth(one: Filesystem) -> tuple[int, str]:
    return len(one.mountpoint), one.mountpoint


def _filesystem(raw: Mapping[str, Any], prefix: str) -> Filesystem | None:
    mountpoint, kind = raw.get(prefix + "mountpoint"), str(raw.get(prefix + "fstype", ""))
    size, used = raw.get(prefix + "total-bytes"), raw.get(prefix + "used-bytes")
    if not mountpoint or kind.lower() in PSEUDO or not size or used is None:
        return None
    device = raw.get(prefix + "disk.0.device") or raw.get(prefix + "name", "")
    return Filesystem(bounded(str(mountpoint)), bounded(kind), float(size), float(used), bounded(str(device)))
