"""Volumes of storage pools. libvirt looks at the storage of each, so they are off by default."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.collectors.row import Collector
from exporter.metric import Kind, Metric, read
from exporter.snapshot.storage import VOLUMES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.metric import Sample
    from exporter.snapshot.snapshot import Snapshot

_LABELS = ("pool", "volume")
LEFT_OUT = Metric(
    "libvirt_volumes_left_out",
    Kind.GAUGE,
    "Volumes that are not exported because there are too many.",
    (),
    "volumes",
    "left_out",
)
_SIZES = (
    Metric(
        "libvirt_volume_capacity_bytes", Kind.GAUGE, "Capacity of the volume.", _LABELS, "bytes", "capacity"
    ),
    Metric(
        "libvirt_volume_allocation_bytes",
        Kind.GAUGE,
        "Space allocated to the volume in its pool.",
        _LABELS,
        "bytes",
        "allocation",
    ),
)
METRICS = (LEFT_OUT, *_SIZES)


def collect(snapshot: Snapshot) -> Iterator[Sample]:
    """The volumes of active pools."""
    volumes = snapshot.get(VOLUMES)
    if volumes is None:
        return
    yield from read((LEFT_OUT,), volumes)
    for volume in volumes.shown:
        yield from read(_SIZES, volume, volume.pool, volume.name)


COLLECTOR = Collector(
    "volume",
    order=270,
    about="volumes of storage pools",
    metrics=METRICS,
    collect=collect,
    needs=(VOLUMES,),
    enabled=False,
)
