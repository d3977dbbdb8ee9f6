"""LVM thin pools of this machine. They take root and a command (`lvs`), so they are off by default."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.collectors.row import Collector
from exporter.metric import Kind, Metric, read
from exporter.snapshot.thin_pool import THIN_POOLS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.metric import Sample
    from exporter.snapshot.snapshot import Snapshot

_LABELS = ("volume_group", "thin_pool")
INFO = Metric(
    "libvirt_host_thin_pool_info",
    Kind.GAUGE,
    "Health of the thin pool as LVM reports it (empty: healthy), and whether writes to a full pool fail "
    "(error) or wait (queue); always 1.",
    (*_LABELS, "health", "when_full"),
)
_READ = (
    Metric(
        "libvirt_host_thin_pool_size_bytes",
        Kind.GAUGE,
        "Size of the thin pool's data.",
        _LABELS,
        "bytes",
        "size",
    ),
    Metric(
        "libvirt_host_thin_pool_used_ratio",
        Kind.GAUGE,
        "Used share of the thin pool's data; absent while it is not active.",
        _LABELS,
        "ratio",
        "used",
    ),
    Metric(
        "libvirt_host_thin_pool_metadata_size_bytes",
        Kind.GAUGE,
        "Size of the thin pool's metadata.",
        _LABELS,
        "bytes",
        "metadata_size",
    ),
    Metric(
        "libvirt_host_thin_pool_metadata_used_ratio",
        Kind.GAUGE,
        "Used share of the thin pool's metadata; a pool whose metadata is full fails. Absent while it is "
        "not active.",
        _LABELS,
        "ratio",
        "metadata_used",
    ),
    Metric(
        "libvirt_host_thin_pool_virtual_size_bytes",
        Kind.GAUGE,
        "Size of all volumes in the thin pool; it may exceed the size of the pool.",
        _LABELS,
        "bytes",
        "virtual",
    ),
)
METRICS = (INFO, *_READ)


def collect(snapshot: Snapshot) -> Iterator[Sample]:
    """Every thin pool."""
    for pool in snapshot.get(THIN_POOLS, ()):
        yield INFO.sample(1, pool.volume_group, pool.name, pool.health, pool.when_full)
        yield from read(_READ, pool, pool.volume_group, pool.name)


COLLECTOR = Collector(
    "thin-pool",
    order=275,
    about="LVM thin pools of this machine (root only)",
    metrics=METRICS,
    collect=collect,
    needs=(THIN_POOLS,),
    enabled=False,
)
