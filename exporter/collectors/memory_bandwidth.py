"""Memory bandwidth of groups of virtual CPUs, if the XML of the domain monitors it (resctrl)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.collectors.row import Collector
from exporter.metric import Kind, Metric, read
from exporter.snapshot.memory_bandwidth import MEMORY_BANDWIDTH, MemoryBandwidth

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.metric import Sample
    from exporter.snapshot.snapshot import Snapshot

_LABELS = ("domain", "monitor", "node")
INFO = Metric(
    "libvirt_domain_memory_bandwidth_monitor_info",
    Kind.GAUGE,
    "Virtual CPUs of a memory bandwidth monitor; always 1.",
    ("domain", "monitor", "vcpus"),
)
_READ = (
    Metric(
        "libvirt_domain_memory_bandwidth_local_bytes_total",
        Kind.COUNTER,
        "Bytes transferred through the memory controller of the virtual CPUs' own socket.",
        _LABELS,
        "bytes",
        "local",
    ),
    Metric(
        "libvirt_domain_memory_bandwidth_bytes_total",
        Kind.COUNTER,
        "Bytes transferred through all memory controllers, local and remote.",
        _LABELS,
        "bytes",
        "total",
    ),
)
METRICS = (INFO, *_READ)


def collect(snapshot: Snapshot) -> Iterator[Sample]:
    """Each node of each monitor."""
    for domain in snapshot.domains:
        for one in MemoryBandwidth.read(domain.statistics):
            yield INFO.sample(1, domain.name, one.monitor, one.vcpus)
            yield from read(_READ, one, domain.name, one.monitor, one.node)


COLLECTOR = Collector(
    "memory-bandwidth",
    order=230,
    about="memory bandwidth that is monitored in the XML of domains",
    metrics=METRICS,
    collect=collect,
    needs=(MEMORY_BANDWIDTH,),
)
