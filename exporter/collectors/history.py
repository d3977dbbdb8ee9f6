"""Snapshots and checkpoints of domains: number and age; read about once a minute."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.collectors.row import Collector
from exporter.metric import Kind, Metric
from exporter.snapshot.state_capture import CHECKPOINT_SIZES, NO_POINTS, STATE_CAPTURE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.metric import Sample
    from exporter.snapshot.snapshot import Snapshot
    from exporter.snapshot.state_capture import Points

_LABELS = ("domain",)
_CURRENT_LABELS = ("domain", "snapshot")
CURRENT = Metric(
    "libvirt_domain_snapshot_current_info",
    Kind.GAUGE,
    "Current snapshot of the domain; always 1, absent if there is none.",
    _CURRENT_LABELS,
)
SIZE = Metric(
    "libvirt_domain_checkpoint_newest_size_bytes",
    Kind.GAUGE,
    "Bytes written since the newest checkpoint of the domain: the size of the next incremental backup.",
    _LABELS,
    "bytes",
)


def _rows(name: str, what: str) -> tuple[Metric, Metric, Metric]:
    prefix = f"libvirt_domain_{name}"
    return (
        Metric(f"{prefix}s", Kind.GAUGE, f"Number of {what} of the domain.", _LABELS, f"{name}s"),
        Metric(
            f"{prefix}_oldest_timestamp_seconds",
            Kind.GAUGE,
            f"Creation time of the oldest {name} of the domain.",
            _LABELS,
            "Unix time",
        ),
        Metric(
            f"{prefix}_newest_timestamp_seconds",
            Kind.GAUGE,
            f"Creation time of the newest {name} of the domain.",
            _LABELS,
            "Unix time",
        ),
    )


_SNAPSHOTS = _rows("snapshot", "snapshots")
_CHECKPOINTS = _rows("checkpoint", "checkpoints (for incremental backups)")
METRICS = (*_SNAPSHOTS, CURRENT, *_CHECKPOINTS, SIZE)


def collect(snapshot: Snapshot) -> Iterator[Sample]:
    """The snapshots and checkpoints of existing domains."""
    captured, sizes = snapshot.get(STATE_CAPTURE), snapshot.get(CHECKPOINT_SIZES, {})
    if captured is None:
        return
    for domain in snapshot.domains:
        snapshots = captured.snapshots.get(domain.uuid, NO_POINTS)
        yield from _points(_SNAPSHOTS, snapshots, domain.name)
        if snapshots.current is not None:
            yield CURRENT.sample(1, domain.name, snapshots.current)
        yield from _points(_CHECKPOINTS, captured.checkpoints.get(domain.uuid, NO_POINTS), domain.name)
        size = sizes.get(domain.uuid)
        if size is not None:
            yield SIZE.sample(size, domain.name)


def _points(rows: tuple[Metric, Metric, Metric], points: Points, name: str) -> Iterator[Sample]:
    count, oldest, newest = rows
    yield count.sample(points.count, name)
    if points.oldest is not None:
        yield oldest.sample(points.oldest, name)
    if points.newest is not None:
        yield newest.sample(points.newest, name)


COLLECTOR = Collector(
    "history",
    order=180,
    about="snapshots and checkpoints of domains",
    metrics=METRICS,
    collect=collect,
    needs=(STATE_CAPTURE, CHECKPOINT_SIZES),
)
