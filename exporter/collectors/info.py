"""CPU time, virtual CPUs and memory of domains, which are available for stuck domains, too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.collectors.row import Collector
from exporter.metric import Kind, Metric, read
from exporter.snapshot.domain import DOMAIN_INFO

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.metric import Sample
    from exporter.snapshot.snapshot import Snapshot

_LABELS = ("domain",)
_CPU = (
    Metric(
        "libvirt_domain_info_cpu_time_seconds_total",
        Kind.COUNTER,
        "CPU time used by the domain, including the emulator.",
        _LABELS,
        "seconds",
        "time",
    ),
    Metric(
        "libvirt_domain_info_virtual_cpus",
        Kind.GAUGE,
        "Number of online virtual CPUs.",
        _LABELS,
        "vCPUs",
        "online",
    ),
)
_MEMORY = (
    Metric(
        "libvirt_domain_info_maximum_memory_bytes",
        Kind.GAUGE,
        "Maximum memory of the domain.",
        _LABELS,
        "bytes",
        "maximum",
    ),
    Metric(
        "libvirt_domain_info_memory_usage_bytes",
        Kind.GAUGE,
        "Memory currently assigned to the domain by its balloon; not the memory used in the guest.",
        _LABELS,
        "bytes",
        "current",
    ),
)
METRICS = (*_CPU, *_MEMORY)


def collect(snapshot: Snapshot) -> Iterator[Sample]:
    """A sample for each field that libvirt reports."""
    for domain in snapshot.domains:
        yield from read(_CPU, domain.cpu, domain.name)
        yield from read(_MEMORY, domain.memory, domain.name)


COLLECTOR = Collector(
    "info",
    order=30,
    about="CPU time, virtual CPUs and memory of domains",
    metrics=METRICS,
    collect=collect,
    needs=(DOMAIN_INFO,),
)
