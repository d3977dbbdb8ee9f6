"""Backup jobs that ended since the exporter started."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.collectors.row import Collector
from exporter.metric import Kind, Metric, read

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.metric import Sample
    from exporter.snapshot.snapshot import Snapshot

_LABELS = ("domain", "result")
BACKUPS = Metric(
    "libvirt_backups_total",
    Kind.COUNTER,
    "Backup jobs that ended since the exporter started.",
    ("result",),
    "backups",
)
LAST = Metric(
    "libvirt_domain_last_backup_timestamp_seconds",
    Kind.GAUGE,
    "Time when the last backup job of the domain with this result ended.",
    _LABELS,
    "Unix time",
)
_READ = (
    Metric(
        "libvirt_domain_last_backup_duration_seconds",
        Kind.GAUGE,
        "Duration of the last backup job of the domain with this result.",
        _LABELS,
        "seconds",
        "elapsed",
    ),
    Metric(
        "libvirt_domain_last_backup_total_bytes",
        Kind.GAUGE,
        "Data to be copied by the last backup job of the domain with this result; absent in pull mode.",
        _LABELS,
        "bytes",
        "disk_total",
    ),
    Metric(
        "libvirt_domain_last_backup_processed_bytes",
        Kind.GAUGE,
        "Data copied by the last backup job of the domain with this result; absent in pull mode.",
        _LABELS,
        "bytes",
        "disk_processed",
    ),
)
METRICS = (BACKUPS, LAST, *_READ)


def collect(snapshot: Snapshot) -> Iterator[Sample]:
    """Counts, and the last backup jobs of existing domains."""
    for result, count in snapshot.backups.counts.items():
        yield BACKUPS.sample(count, result)
    names = {domain.uuid: domain.name for domain in snapshot.domains}
    for backup in snapshot.backups.last:
        if backup.uuid in names:
            labels = (names[backup.uuid], backup.result)
            yield LAST.sample(backup.ended, *labels)
            yield from read(_READ, backup.job, *labels)


COLLECTOR = Collector(
    "backup",
    order=190,
    about="backup jobs that ended",
    metrics=METRICS,
    collect=collect,
)
