"""What a guest agent reports about its guest: file systems, and the details of guest_details."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from exporter.snapshot.need import Need
from exporter.snapshot.text import bounded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from exporter.snapshot.guest_details import Details

GUEST_AGENTS = Need("guest-agents")

# Images that are always full, and file systems without storage of their own.
PSEUDO = frozenset(
    "squashfs iso9660 udf erofs cramfs romfs tmpfs devtmpfs ramfs overlay CDFS UDF".split()  # noqa: SIM905 (legible)
)

MOST_FILESYSTEMS = 100  # per guest


@dataclass(frozen=True, slots=True)
class Filesystem:
    """One mounted file system; sizes in bytes. `device` is its name in the guest, if the agent knows it."""

    mountpoint: str
    type: str
    size: float
    used: float
    device: str = ""


@dataclass(frozen=True, slots=True)
class Agent:
    """A guest agent. `updated` is the Unix time of its last answer; None before the first."""

    up: bool
    updated: float | None = None
    filesystems: tuple[Filesystem, ...] = ()
    details: Details | None = None


def filesystems(raw: Mapping[str, Any]) -> tuple[Filesystem, ...]:
    """The file systems that can fill up, each mount point once, from virDomainGetGuestInfo."""
    found: dict[str, Filesystem] = {}
    for n in range(int(raw.get("fs.count", 0))):
        one = _filesystem(raw, f"fs.{n}.")
        if one is not None and one.mountpoint not in found:
            found[one.mountpoint] = one
    return tuple(found.values())[:MOST_FILESYSTEMS]


def _filesystem(raw: Mapping[str, Any], prefix: str) -> Filesystem | None:
    mountpoint, kind = raw.get(prefix + "mountpoint"), raw.get(prefix + "fstype", "")
    size, used = raw.get(prefix + "total-bytes"), raw.get(prefix + "used-bytes")
    if not mountpoint or kind in PSEUDO or not size or used is None:
        return None
    device = raw.get(prefix + "disk.0.device") or raw.get(prefix + "name", "")
    return Filesystem(
        bounded(str(mountpoint)), bounded(str(kind)), float(size), float(used), bounded(str(device))
    )
