"""Memory of domains, and what their guests report of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.collectors.row import Collector
from exporter.metric import Kind, Metric, read
from exporter.snapshot.memory import BALLOON

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.metric import Sample
    from exporter.snapshot.snapshot import Snapshot

_LABELS = ("domain",)
METRICS = (
    Metric(
        "libvirt_domain_memory_stats_actual_balloon_bytes",
        Kind.GAUGE,
        "Memory currently assigned to the domain by its balloon.",
        _LABELS,
        "bytes",
        "current",
    ),
    Metric(
        "libvirt_domain_memory_stats_rss_bytes",
        Kind.GAUGE,
        "Resident memory of the domain's process on the host.",
        _LABELS,
        "bytes",
        "rss",
    ),
    Metric(
        "libvirt_domain_memory_stats_available_bytes",
        Kind.GAUGE,
        "Total memory visible to the guest's kernel (MemTotal).",
        _LABELS,
        "bytes",
        "available",
    ),
    Metric(
        "libvirt_domain_memory_stats_unused_bytes",
        Kind.GAUGE,
        "Free memory in the guest (MemFree).",
        _LABELS,
        "bytes",
        "unused",
    ),
    Metric(
        "libvirt_domain_memory_stats_usable_bytes",
        Kind.GAUGE,
        "Memory available in the guest without swapping (MemAvailable).",
        _LABELS,
        "bytes",
        "usable",
    ),
    Metric(
        "libvirt_domain_memory_stats_disk_caches_bytes",
        Kind.GAUGE,
        "Memory used for disk caches in the guest that can be reclaimed without I/O.",
        _LABELS,
        "bytes",
        "disk_caches",
    ),
    Metric(
        "libvirt_domain_memory_stats_swap_in_bytes",
        Kind.GAUGE,
        "Bytes the guest read from swap since it booted.",
        _LABELS,
        "bytes",
        "swap_in",
    ),
    Metric(
        "libvirt_domain_memory_stats_swap_out_bytes",
        Kind.GAUGE,
        "Bytes the guest wrote to swap since it booted.",
        _LABELS,
        "bytes",
        "swap_out",
    ),
    Metric(
        "libvirt_domain_memory_stats_major_fault_total",
        Kind.COUNTER,
        "Page faults in the guest that required disk I/O.",
        _LABELS,
        "faults",
        "major_faults",
    ),
    Metric(
        "libvirt_domain_memory_stats_minor_fault_total",
        Kind.COUNTER,
        "Page faults in the guest that did not require disk I/O.",
        _LABELS,
        "faults",
        "minor_faults",
    ),
    Metric(
        "libvirt_domain_memory_stats_hugetlb_pgalloc_total",
        Kind.COUNTER,
        "Huge pages allocated in the guest.",
        _LABELS,
        "pages",
        "hugetlb_allocations",
    ),
    Metric(
        "libvirt_domain_memory_stats_hugetlb_pgfail_total",
        Kind.COUNTER,
        "Huge page allocations that failed in the guest.",
        _LABELS,
        "pages",
        "hugetlb_failures",
    ),
    Metric(
        "libvirt_domain_memory_stats_last_update_timestamp_seconds",
        Kind.GAUGE,
        "Time of the guest's last memory report; all values of its balloon driver are of that time.",
        _LABELS,
        "Unix time",
        "last_update",
    ),
)


def collect(snapshot: Snapshot) -> Iterator[Sample]:
    """A sample for each field that libvirt reports."""
    for domain in snapshot.domains:
        yield from read(METRICS, domain.memory, domain.name)


COLLECTOR = Collector(
    "memory",
    order=60,
    about="memory of domains, as the host and the guest report it",
    metrics=METRICS,
    collect=collect,
    needs=(BALLOON,),
)
