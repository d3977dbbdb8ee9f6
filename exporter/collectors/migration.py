"""Live migrations that ended, at either end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.collectors.row import Collector
from exporter.metric import Kind, Metric, read
from exporter.snapshot.job import JOBS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.metric import Sample
    from exporter.snapshot.migration import Migration
    from exporter.snapshot.snapshot import Snapshot

MIGRATIONS = Metric(
    "libvirt_migrations_total",
    Kind.COUNTER,
    "Live migrations that ended since the exporter started.",
    ("direction", "result"),
    "migrations",
)
DURATION = Metric(
    "libvirt_migration_duration_seconds",
    Kind.HISTOGRAM,
    "Duration of successful live migrations, as reported by libvirt.",
    ("direction",),
    "seconds",
)
DOWNTIME = Metric(
    "libvirt_migration_downtime_seconds",
    Kind.HISTOGRAM,
    "Downtime of the guest during successful live migrations.",
    ("direction",),
    "seconds",
)
TRANSFERRED = Metric(
    "libvirt_migration_transferred_bytes",
    Kind.HISTOGRAM,
    "Data transferred by successful live migrations.",
    ("direction",),
    "bytes",
)
_LAST_LABELS = ("domain", "direction", "result")
LAST = Metric(
    "libvirt_domain_last_migration_timestamp_seconds",
    Kind.GAUGE,
    "Time when the last live migration of the domain ended.",
    _LAST_LABELS,
    "Unix time",
)
_LAST_READ = tuple(
    Metric(f"libvirt_domain_last_migration_{name}", Kind.GAUGE, help_text, _LAST_LABELS, unit, field)
    for name, field, unit, help_text in (
        (
            "duration_seconds",
            "elapsed",
            "seconds",
            "Duration of the last live migration of the domain, as reported by libvirt.",
        ),
        (
            "downtime_seconds",
            "downtime",
            "seconds",
            "Downtime of the guest during the last live migration of the domain.",
        ),
        (
            "transferred_bytes",
            "data_processed",
            "bytes",
            "Data transferred by the last live migration of the domain.",
        ),
        (
            "memory_iterations",
            "memory_iteration",
            "passes",
            "Iterations over the guest's memory during the last live migration of the domain.",
        ),
        (
            "memory_total_bytes",
            "memory_total",
            "bytes",
            "Memory of the domain at its last live migration.",
        ),
        (
            "memory_constant_bytes",
            "memory_constant",
            "bytes",
            "Memory that the last live migration of the domain transferred as pages of one repeated byte.",
        ),
        (
            "memory_bytes_per_second",
            "memory_rate",
            "bytes per second",
            "Mean rate at which the last live migration of the domain transferred memory.",
        ),
        (
            "memory_dirty_bytes_per_second",
            "memory_dirty_rate",
            "bytes per second",
            "Highest rate at which the guest dirtied memory during the last live migration of the domain.",
        ),
    )
)
METRICS = (MIGRATIONS, DURATION, DOWNTIME, TRANSFERRED, LAST, *_LAST_READ)


def collect(snapshot: Snapshot) -> Iterator[Sample]:
    """Counts, distributions, and the last migration of each domain."""
    record = snapshot.migrations
    for (direction, result), count in record.counts.items():
        yield MIGRATIONS.sample(count, direction, result)
    for metric, distributions in (
        (DURATION, record.durations),
        (DOWNTIME, record.downtimes),
        (TRANSFERRED, record.transferred),
    ):
        for direction, distribution in distributions.items():
            yield metric.sample(distribution, direction)
    for name, migration in _last(snapshot):
        labels = (name, migration.direction, migration.result)
        yield LAST.sample(migration.ended, *labels)
        if migration.job is not None:
            yield from read(_LAST_READ, migration.job, *labels)


def _last(snapshot: Snapshot) -> Iterator[tuple[str, Migration]]:
    """The last migrations, the latest of a name and direction, by the present name of their domain.

    A domain that was created anew under the name of an old one has not been migrated.
    """
    names = {domain.uuid: domain.name for domain in snapshot.domains}
    taken = frozenset(names.values())
    found: dict[tuple[str, str], Migration] = {}
    for one in sorted(snapshot.migrations.last, key=lambda each: each.ended):
        if one.uuid in names or one.domain not in taken:
            found[names.get(one.uuid, one.domain), one.direction] = one
    return ((name, one) for (name, _direction), one in found.items())


COLLECTOR = Collector(
    "migration",
    order=100,
    about="live migrations that ended, at either end",
    metrics=METRICS,
    collect=collect,
    needs=(JOBS,),
)
