"""Running jobs of domains: outgoing live migration, backup, save, dump."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.collectors.row import Collector
from exporter.metric import Kind, Metric, read
from exporter.snapshot.job import JOBS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.metric import Sample
    from exporter.snapshot.snapshot import Snapshot

_LABELS = ("domain",)
INFO = Metric(
    "libvirt_domain_job_info",
    Kind.GAUGE,
    "The running job of the domain; always 1, absent if no job is running.",
    (*_LABELS, "operation"),
)
_GAUGES = (
    ("elapsed_seconds", "elapsed", "seconds", "Time since the job started."),
    ("remaining_seconds", "remaining", "seconds", "Time until the job ends, as libvirt estimates it."),
    ("data_total_bytes", "data_total", "bytes", "Data to be transferred by the job."),
    ("data_processed_bytes", "data_processed", "bytes", "Data transferred by the job."),
    ("data_remaining_bytes", "data_remaining", "bytes", "Data still to be transferred by the job."),
    ("memory_total_bytes", "memory_total", "bytes", "Memory to be transferred by the job."),
    ("memory_processed_bytes", "memory_processed", "bytes", "Memory transferred by the job."),
    ("memory_remaining_bytes", "memory_remaining", "bytes", "Memory still to be transferred by the job."),
    ("memory_bytes_per_second", "memory_rate", "bytes per second", "Rate at which memory is transferred."),
    (
        "memory_dirty_bytes_per_second",
        "memory_dirty_rate",
        "bytes per second",
        "Rate at which the guest dirties memory, which must be transferred again.",
    ),
    (
        "memory_iteration",
        "memory_iteration",
        "passes",
        "Current iteration of the migration over the guest's memory.",
    ),
    (
        "memory_constant_bytes",
        "memory_constant",
        "bytes",
        "Memory transferred as pages of one repeated byte.",
    ),
    (
        "memory_postcopy_requests",
        "memory_postcopy_requests",
        "requests",
        "Pages that the destination requested during post-copy.",
    ),
    ("disk_total_bytes", "disk_total", "bytes", "Disk data to be transferred by the job."),
    ("disk_processed_bytes", "disk_processed", "bytes", "Disk data transferred by the job."),
    ("disk_remaining_bytes", "disk_remaining", "bytes", "Disk data still to be transferred by the job."),
    ("disk_bytes_per_second", "disk_rate", "bytes per second", "Rate at which disk data is transferred."),
    (
        "downtime_seconds",
        "downtime",
        "seconds",
        "Expected downtime of the guest during the switch-over; after it, the actual downtime.",
    ),
    ("setup_seconds", "setup", "seconds", "Time taken to set up the migration."),
    (
        "auto_converge_throttle_percent",
        "auto_converge_throttle",
        "percent",
        "Share of CPU time withheld from the guest by auto-converge so that the migration can complete.",
    ),
    ("compression_bytes", "compression_bytes", "bytes", "Compressed data transferred by the migration."),
)
_READ = tuple(
    Metric(f"libvirt_domain_job_{name}", Kind.GAUGE, help_text, _LABELS, unit, field)
    for name, field, unit, help_text in _GAUGES
)
METRICS = (INFO, *_READ)


def collect(snapshot: Snapshot) -> Iterator[Sample]:
    """A sample for each field that libvirt reports of each running job."""
    for domain in snapshot.domains:
        if domain.job is not None:
            yield INFO.sample(1, domain.name, domain.job.operation)
            yield from read(_READ, domain.job, domain.name)


COLLECTOR = Collector(
    "job",
    order=90,
    about="running jobs of domains: live migration, backup, save",
    metrics=METRICS,
    collect=collect,
    needs=(JOBS,),
)
