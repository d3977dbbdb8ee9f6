"""Jobs that run on a domain right now: outgoing live migration, backup, save, dump."""

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
    "The job that runs on the domain; always 1, absent when none runs.",
    (*_LABELS, "operation"),
)
_GAUGES = (
    ("elapsed_seconds", "elapsed", "seconds", "Time since the job began."),
    ("remaining_seconds", "remaining", "seconds", "Time libvirt expects the job still to take."),
    ("data_total_bytes", "data_total", "bytes", "Data the job has to move."),
    ("data_processed_bytes", "data_processed", "bytes", "Data the job has moved."),
    ("data_remaining_bytes", "data_remaining", "bytes", "Data the job has still to move."),
    ("memory_total_bytes", "memory_total", "bytes", "Memory the job has to move."),
    ("memory_processed_bytes", "memory_processed", "bytes", "Memory the job has moved."),
    ("memory_remaining_bytes", "memory_remaining", "bytes", "Memory the job has still to move."),
    ("memory_bytes_per_second", "memory_rate", "bytes per second", "Rate at which memory is moved."),
    (
        "memory_dirty_bytes_per_second",
        "memory_dirty_rate",
        "bytes per second",
        "Rate at which the guest writes to memory that has to be moved again.",
    ),
    ("memory_iteration", "memory_iteration", "passes", "Pass over the guest's memory the migration is in."),
    ("memory_constant_bytes", "memory_constant", "bytes", "Memory moved as pages of one repeated byte."),
    (
        "memory_postcopy_requests",
        "memory_postcopy_requests",
        "requests",
        "Pages the destination had to ask for during post-copy.",
    ),
    ("disk_total_bytes", "disk_total", "bytes", "Disk data the job has to move."),
    ("disk_processed_bytes", "disk_processed", "bytes", "Disk data the job has moved."),
    ("disk_remaining_bytes", "disk_remaining", "bytes", "Disk data the job has still to move."),
    ("disk_bytes_per_second", "disk_rate", "bytes per second", "Rate at which disk data is moved."),
    (
        "downtime_seconds",
        "downtime",
        "seconds",
        "Time the guest is expected to stand still, or has stood still, during the switch-over.",
    ),
    ("setup_seconds", "setup", "seconds", "Time the setting up of the migration took."),
    (
        "auto_converge_throttle_percent",
        "auto_converge_throttle",
        "percent",
        "Share of its CPU time the guest is denied so that the migration can end.",
    ),
    ("compression_bytes", "compression_bytes", "bytes", "Compressed data the migration has moved."),
)
_READ = tuple(
    Metric(f"libvirt_domain_job_{name}", Kind.GAUGE, help_text, _LABELS, unit, field)
    for name, field, unit, help_text in _GAUGES
)
METRICS = (INFO, *_READ)


def collect(snapshot: Snapshot) -> Iterator[Sample]:
    """A sample for each field libvirt gave of each running job."""
    for domain in snapshot.domains:
        if domain.job is not None:
            yield INFO.sample(1, domain.name, domain.job.operation)
            yield from read(_READ, domain.job, domain.name)


COLLECTOR = Collector(
    "job",
    order=90,
    about="running jobs: live migration, backup, save",
    metrics=METRICS,
    collect=collect,
    needs=(JOBS,),
)
