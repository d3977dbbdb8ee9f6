"""Storage pools as of their last refresh, and the file systems of those that are folders, as they are now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.collectors.row import Collector
from exporter.metric import Kind, Metric, read
from exporter.snapshot.storage import POOL_FILESYSTEMS, POOLS, STATES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.metric import Sample
    from exporter.snapshot.snapshot import Snapshot

GAUGE = Kind.GAUGE
_LABELS = ("pool",)
STATE = Metric(
    "libvirt_pool_state",
    GAUGE,
    "State of the storage pool: 1 for the current state, 0 for all others.",
    (*_LABELS, "state"),
)
AUTOSTART = Metric(
    "libvirt_pool_autostart", GAUGE, "Whether the storage pool starts with libvirt.", _LABELS, "", "autostart"
)
INFO = Metric(
    "libvirt_pool_info",
    GAUGE,
    "Type and location of the storage pool; always 1.",
    (*_LABELS, "uuid", "type", "path", "source"),
)
_SIZES = (
    Metric(
        "libvirt_pool_info_capacity_bytes",
        GAUGE,
        "Capacity of the storage pool at its last refresh.",
        _LABELS,
        "bytes",
        "capacity",
    ),
    Metric(
        "libvirt_pool_info_allocation_bytes",
        GAUGE,
        "Allocated space of the storage pool at its last refresh.",
        _LABELS,
        "bytes",
        "allocation",
    ),
    Metric(
        "libvirt_pool_info_available_bytes",
        GAUGE,
        "Available space of the storage pool at its last refresh.",
        _LABELS,
        "bytes",
        "available",
    ),
)
_SEEN = (
    Metric(
        "libvirt_pool_filesystem_size_bytes",
        GAUGE,
        "Size of the file system with the folder of the storage pool; absent if the exporter cannot see it.",
        _LABELS,
        "bytes",
        "size",
    ),
    Metric(
        "libvirt_pool_filesystem_free_bytes",
        GAUGE,
        "Free space of the file system with the folder of the storage pool, at the time of the scrape.",
        _LABELS,
        "bytes",
        "free",
    ),
    Metric(
        "libvirt_pool_filesystem_available_bytes",
        GAUGE,
        "The part of the free space that is available to unprivileged programs.",
        _LABELS,
        "bytes",
        "available",
    ),
)
METRICS = (STATE, AUTOSTART, *_SIZES, *_SEEN, INFO)


def collect(snapshot: Snapshot) -> Iterator[Sample]:
    """Every pool; only active ones have sizes. Folders of this machine also have a file system."""
    for pool in snapshot.get(POOLS, ()):
        for number, state in enumerate(STATES):
            yield STATE.sample(pool.state == number, pool.name, state)
        yield from read((AUTOSTART, *_SIZES), pool, pool.name)
        yield INFO.sample(1, pool.name, pool.uuid, pool.type, pool.path, pool.source)
    for seen in snapshot.get(POOL_FILESYSTEMS, ()):
        yield from read(_SEEN, seen, seen.pool)


COLLECTOR = Collector(
    "pool",
    order=260,
    about="storage pools",
    metrics=METRICS,
    collect=collect,
    needs=(POOLS, POOL_FILESYSTEMS),
)
