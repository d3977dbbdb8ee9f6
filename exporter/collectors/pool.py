"""Storage pools, as of their last refresh."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.collectors.row import Collector
from exporter.metric import Kind, Metric, read
from exporter.snapshot.storage import POOLS, STATES

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
METRICS = (STATE, AUTOSTART, *_SIZES, INFO)


def collect(snapshot: Snapshot) -> Iterator[Sample]:
    """Every pool; only active ones have sizes."""
    for pool in snapshot.get(POOLS, ()):
        for number, state in enumerate(STATES):
            yield STATE.sample(pool.state == number, pool.name, state)
        yield from read((AUTOSTART, *_SIZES), pool, pool.name)
        yield INFO.sample(1, pool.name, pool.uuid, pool.type, pool.path, pool.source)


COLLECTOR = Collector(
    "pool",
    order=260,
    about="storage pools",
    metrics=METRICS,
    collect=collect,
    needs=(POOLS,),
)
