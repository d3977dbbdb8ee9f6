"""Volumes of local storage pools that no domain uses. libvirt looks at each, so they are off by default."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.collectors.row import Collector
from exporter.metric import Kind, Metric, read
from exporter.snapshot.orphan import ORPHANS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.metric import Sample
    from exporter.snapshot.snapshot import Snapshot

MOST = 100  # orphans of a pool that are named: the largest

COUNT = Metric(
    "libvirt_pool_orphan_volumes",
    Kind.GAUGE,
    "Volumes of the pool that no domain of this host uses, defined or running, nor the host itself; without "
    "ISO images. Only of pools on local storage.",
    ("pool",),
    "volumes",
)
BYTES = Metric(
    "libvirt_pool_orphan_volume_bytes",
    Kind.GAUGE,
    "Space allocated to volumes of the pool that no domain uses.",
    ("pool",),
    "bytes",
)
VOLUME = Metric(
    "libvirt_volume_orphan_bytes",
    Kind.GAUGE,
    f"Space allocated to the volume, which no domain uses; the {MOST} largest of a pool.",
    ("pool", "volume"),
    "bytes",
)
LEFT_OUT = Metric(
    "libvirt_orphan_volumes_left_out",
    Kind.GAUGE,
    "Volumes that are not examined because there are too many, or because the exporter cannot tell their "
    "devices apart.",
    (),
    "volumes",
    "left_out",
)
METRICS = (COUNT, BYTES, VOLUME, LEFT_OUT)


def collect(snapshot: Snapshot) -> Iterator[Sample]:
    """Every local pool, and its largest orphans."""
    orphans = snapshot.get(ORPHANS)
    if orphans is None:
        return
    yield from read((LEFT_OUT,), orphans)
    for pool, found in orphans.pools:
        yield COUNT.sample(len(found), pool)
        yield BYTES.sample(sum(one.allocation for one in found), pool)
        for one in sorted(found, key=lambda one: -one.allocation)[:MOST]:
            yield VOLUME.sample(one.allocation, pool, one.name)


COLLECTOR = Collector(
    "orphan",
    order=272,
    about="volumes of local storage pools that no domain uses",
    metrics=METRICS,
    collect=collect,
    needs=(ORPHANS,),
    enabled=False,
)
