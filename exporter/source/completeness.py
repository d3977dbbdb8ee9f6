"""Which raw statistics are complete, and what may be exported of those that are not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from exporter.snapshot.description import Description

    Raw = Mapping[str, Any]

_TIMES = (".time", ".user", ".system", ".wait", ".delay")


_VHOST_USER = "vhostuser"  # the type of a disk that another process serves: QEMU counts nothing of it


def uncounted(description: Description | None) -> frozenset[str]:
    """The disks of a domain that never have counters, by their names in the guest."""
    disks = description.disks if description else ()
    return frozenset(disk.device for disk in disks if disk.source_type == _VHOST_USER)


def is_complete(raw: Raw, *, balloon: bool = True, without_counters: Collection[str] = ()) -> bool:
    """Whether the statistics of an active QEMU domain are complete.

    libvirt is asked not to wait for a busy monitor, and then omits what only the monitor knows: the resident
    size and all block counters. `balloon` is whether the group of that name was asked for, `without_counters`
    are disks that have none in any case (see `uncounted`).
    """
    asked_balloon = balloon and "balloon.current" in raw
    all_blocks = range(int(raw.get("block.count", 0)))
    blocks = [n for n in all_blocks if raw.get(f"block.{n}.name") not in without_counters]
    counted = any(f"block.{n}.rd.reqs" in raw for n in blocks) if blocks else True
    return counted and ("balloon.rss" in raw or not asked_balloon)


def without_times(raw: Raw) -> Raw:
    """The statistics without the CPU times of processes, which may be wrong when the rest is incomplete.

    libvirt takes them from the kernel: 0 for a process that is about to end, and its own times for a domain
    whose process does not exist yet. A counter would rise and fall.
    """
    return {key: value for key, value in raw.items() if not key.endswith(_TIMES)}
