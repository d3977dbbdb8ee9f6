"""Memory of domains: what they may have, what they have, and what the guest says it needs."""

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
        "Size the balloon leaves to the domain.",
        _LABELS,
        "bytes",
        "current",
    ),
    Metric(
        "libvirt_domain_memory_stats_rss_bytes",
        Kind.GAUGE,
        "Memory of the host in which the domain's process resides.",
        _LABELS,
        "bytes",
        "rss",
    ),
    Metric(
        "libvirt_domain_memory_stats_available_bytes",
        Kind.GAUGE,
        "Memory the guest's kernel sees in total (MemTotal).",
        _LABELS,
        "bytes",
        "available",
    ),
    Metric(
        "libvirt_domain_memory_stats_unused_bytes",
        Kind.GAUGE,
        "Memory the guest leaves entirely unused (MemFree).",
        _LABELS,
        "bytes",
        "unused",
    ),
    Metric(
        "libvirt_domain_memory_stats_usable_bytes",
        Kind.GAUGE,
        "Memory the guest could use without swapping (MemAvailable).",
        _LABELS,
        "bytes",
        "usable",
    ),
    Metric(
        "libvirt_domain_memory_stats_disk_caches_bytes",
        Kind.GAUGE,
        "Memory of the guest that caches disks and can be had back without input or output.",
        _LABELS,
        "bytes",
        "disk_caches",
    ),
    Metric(
        "libvirt_domain_memory_stats_swap_in_bytes",
        Kind.GAUGE,
        "Bytes the guest has read back from swap since it booted.",
        _LABELS,
        "bytes",
        "swap_in",
    ),
    Metric(
        "libvirt_domain_memory_stats_swap_out_bytes",
        Kind.GAUGE,
        "Bytes the guest has written to swap since it booted.",
        _LABELS,
        "bytes",
        "swap_out",
    ),
    Metric(
        "libvirt_domain_memory_stats_major_fault_total",
        Kind.COUNTER,
        "Page faults in the guest that needed its disk.",
        _LABELS,
        "faults",
        "major_faults",
    ),
    Metric(
        "libvirt_domain_memory_stats_minor_fault_total",
        Kind.COUNTER,
        "Page faults in the guest that did not need its disk.",
        _LABELS,
        "faults",
        "minor_faults",
    ),
    Metric(
        "libvirt_domain_memory_stats_hugetlb_pgalloc_total",
        Kind.COUNTER,
        "Huge pages the guest has allocated.",
        _LABELS,
        "pages",
        "hugetlb_allocations",
    ),
    Metric(
        "libvirt_domain_memory_stats_hugetlb_pgfail_total",
        Kind.COUNTER,
        "Huge pages the guest failed to allocate.",
        _LABELS,
        "pages",
        "hugetlb_failures",
    ),
    Metric(
        "libvirt_domain_memory_stats_last_update_timestamp_seconds",
        Kind.GAUGE,
        "When the guest last reported its memory; an old time means that its figures above are old.",
        _LABELS,
        "Unix time",
        "last_update",
    ),
)


def collect(snapshot: Snapshot) -> Iterator[Sample]:
    """A sample for each field libvirt gave."""
    for domain in snapshot.domains:
        yield from read(METRICS, domain.memory, domain.name)


COLLECTOR = Collector(
    "memory",
    order=60,
    about="memory of domains and what their guests report",
    metrics=METRICS,
    collect=collect,
    needs=(BALLOON,),
)
