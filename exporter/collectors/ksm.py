"""Kernel same-page merging of this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.collectors.row import Collector
from exporter.metric import Kind, Metric, read
from exporter.snapshot.ksm import KSM

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.metric import Sample
    from exporter.snapshot.snapshot import Snapshot

COUNTER, GAUGE = Kind.COUNTER, Kind.GAUGE
METRICS = (
    Metric(
        "libvirt_host_ksm_running",
        GAUGE,
        "Whether the host merges equal pages of memory (KSM).",
        (),
        "",
        "running",
    ),
    Metric(
        "libvirt_host_ksm_shared_bytes",
        GAUGE,
        "Memory of the host that holds merged pages.",
        (),
        "bytes",
        "shared",
    ),
    Metric(
        "libvirt_host_ksm_sharing_bytes",
        GAUGE,
        "Memory that merging saves: further places in which merged pages are used.",
        (),
        "bytes",
        "sharing",
    ),
    Metric(
        "libvirt_host_ksm_unshared_bytes",
        GAUGE,
        "Memory that is checked for equal pages and has none.",
        (),
        "bytes",
        "unshared",
    ),
    Metric(
        "libvirt_host_ksm_volatile_bytes",
        GAUGE,
        "Memory that changes too fast to be merged.",
        (),
        "bytes",
        "volatile",
    ),
    Metric(
        "libvirt_host_ksm_profit_bytes",
        GAUGE,
        "Memory that merging saves less the memory it needs itself; may be negative.",
        (),
        "bytes",
        "profit",
    ),
    Metric(
        "libvirt_host_ksm_full_scans_total",
        COUNTER,
        "Times that all mergeable memory was scanned.",
        (),
        "scans",
        "full_scans",
    ),
)


def collect(snapshot: Snapshot) -> Iterator[Sample]:
    """KSM, if this machine is the host of libvirt and its kernel has it."""
    ksm = snapshot.get(KSM)
    if ksm is not None:
        yield from read(METRICS, ksm)


COLLECTOR = Collector(
    "ksm",
    order=325,
    about="merging of equal pages (KSM) on this machine, if libvirt is local",
    metrics=METRICS,
    collect=collect,
    needs=(KSM,),
)
