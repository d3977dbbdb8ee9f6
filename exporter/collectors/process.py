"""QEMU processes of domains on this machine. Each is several reads of /proc, so they are off by default."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.collectors.row import Collector
from exporter.metric import Kind, Metric, read
from exporter.snapshot.process import PROCESSES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.metric import Sample
    from exporter.snapshot.snapshot import Snapshot

COUNTER, GAUGE = Kind.COUNTER, Kind.GAUGE
_LABELS = ("domain",)
CPU = Metric(
    "libvirt_domain_process_cpu_seconds_total",
    COUNTER,
    "CPU time of the domain's process by mode, including virtual CPUs and the emulator.",
    (*_LABELS, "mode"),
    "seconds",
)
_READ = (
    Metric(
        "libvirt_domain_process_resident_memory_bytes",
        GAUGE,
        "Resident memory of the domain's process.",
        _LABELS,
        "bytes",
        "resident",
    ),
    Metric(
        "libvirt_domain_process_virtual_memory_bytes",
        GAUGE,
        "Virtual memory of the domain's process.",
        _LABELS,
        "bytes",
        "virtual",
    ),
    Metric(
        "libvirt_domain_process_threads",
        GAUGE,
        "Number of threads of the domain's process.",
        _LABELS,
        "threads",
        "threads",
    ),
    Metric(
        "libvirt_domain_process_open_fds",
        GAUGE,
        "Open file descriptors of the domain's process; absent without permission to read them.",
        _LABELS,
        "descriptors",
        "descriptors",
    ),
    Metric(
        "libvirt_domain_process_read_bytes_total",
        COUNTER,
        "Bytes that the domain's process read from storage; absent without permission to read them.",
        _LABELS,
        "bytes",
        "read_bytes",
    ),
    Metric(
        "libvirt_domain_process_write_bytes_total",
        COUNTER,
        "Bytes that the domain's process wrote to storage; absent without permission to read them.",
        _LABELS,
        "bytes",
        "write_bytes",
    ),
    Metric(
        "libvirt_domain_process_start_time_seconds",
        GAUGE,
        "Start time of the domain's process.",
        _LABELS,
        "Unix time",
        "start_time",
    ),
)
METRICS = (CPU, *_READ)


def collect(snapshot: Snapshot) -> Iterator[Sample]:
    """The process of each domain that has one on this machine."""
    for process in snapshot.get(PROCESSES, ()):
        yield CPU.sample(process.user, process.domain, "user")
        yield CPU.sample(process.system, process.domain, "system")
        yield from read(_READ, process, process.domain)


COLLECTOR = Collector(
    "process",
    order=330,
    about="QEMU processes on this machine",
    metrics=METRICS,
    collect=collect,
    needs=(PROCESSES,),
    enabled=False,
)
