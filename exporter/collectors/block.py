"""Disks of domains."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.collectors.row import Collector
from exporter.metric import Kind, Metric, read
from exporter.snapshot.block import BLOCK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.metric import Sample
    from exporter.snapshot.snapshot import Snapshot

_LABELS = ("domain", "target_device")
INFO = Metric(
    "libvirt_domain_block_stats_info",
    Kind.GAUGE,
    "Source of the disk; always 1.",
    (*_LABELS, "disk_type", "source", "source_type", "target_bus", "driver_type", "driver_cache", "serial"),
)
_COUNTERS = (
    ("read_bytes", "read_bytes", "bytes", "Bytes read from the disk."),
    ("read_requests", "read_requests", "requests", "Read requests to the disk."),
    ("read_time_seconds", "read_time", "seconds", "Time spent on read requests, summed over requests."),
    ("write_bytes", "write_bytes", "bytes", "Bytes written to the disk."),
    ("write_requests", "write_requests", "requests", "Write requests to the disk."),
    ("write_time_seconds", "write_time", "seconds", "Time spent on write requests, summed over requests."),
    ("flush_requests", "flush_requests", "requests", "Flush requests to the disk."),
    ("flush_time_seconds", "flush_time", "seconds", "Time spent on flush requests, summed over requests."),
    ("errors", "errors", "errors", "I/O errors of the disk, on hypervisors that count them (not QEMU)."),
)
_GAUGES = (
    (
        "allocation_bytes",
        "allocation",
        "Offset of the highest byte written; for a qcow2 file, the size that it has grown to.",
    ),
    ("capacity_bytes", "capacity", "Size of the disk as seen by the guest."),
    (
        "physical_bytes",
        "physical",
        "Storage used by the image on the host, without holes; for a block device, its size.",
    ),
    (
        "threshold_bytes",
        "threshold",
        "Offset of the highest byte written at which libvirt notifies its clients; absent if not set.",
    ),
)
_READ = (
    *(
        Metric(f"libvirt_domain_block_stats_{name}_total", Kind.COUNTER, help_text, _LABELS, unit, field)
        for name, field, unit, help_text in _COUNTERS
    ),
    *(
        Metric(f"libvirt_domain_block_stats_{name}", Kind.GAUGE, help_text, _LABELS, "bytes", field)
        for name, field, help_text in _GAUGES
    ),
)
METRICS = (*_READ, INFO)


def collect(snapshot: Snapshot) -> Iterator[Sample]:
    """A sample for each field that libvirt reports of each disk, and the info metric of the disk."""
    for domain in snapshot.domains:
        for block in domain.blocks:
            yield from read(_READ, block, domain.name, block.device)
        for disk in domain.description.disks if domain.description else ():
            about = (disk.kind, disk.source, disk.source_type, disk.bus, disk.driver, disk.cache, disk.serial)
            yield INFO.sample(1, domain.name, disk.device, *about)


COLLECTOR = Collector(
    "block",
    order=70,
    about="disks of domains",
    metrics=METRICS,
    collect=collect,
    needs=(BLOCK,),
)
