"""CPU time of virtual CPUs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.collectors.row import Collector
from exporter.metric import Kind, Metric, read
from exporter.snapshot.cpu import VCPU

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.metric import Sample
    from exporter.snapshot.snapshot import Snapshot

_LABELS = ("domain", "vcpu")
METRICS = (
    Metric(
        "libvirt_domain_vcpu_time_seconds_total",
        Kind.COUNTER,
        "CPU time used by the virtual CPU.",
        _LABELS,
        "seconds",
        "time",
    ),
    Metric(
        "libvirt_domain_vcpu_wait_seconds_total",
        Kind.COUNTER,
        "Time the virtual CPU's thread waited for I/O of the host.",
        _LABELS,
        "seconds",
        "wait",
    ),
    Metric(
        "libvirt_domain_vcpu_delay_seconds_total",
        Kind.COUNTER,
        "Time the virtual CPU was runnable and waited for a host CPU; the guest sees it as steal.",
        _LABELS,
        "seconds",
        "delay",
    ),
    Metric(
        "libvirt_domain_vcpu_halted",
        Kind.GAUGE,
        "Whether the virtual CPU is halted, usually because it is idle.",
        _LABELS,
        "",
        "halted",
    ),
)


def collect(snapshot: Snapshot) -> Iterator[Sample]:
    """A sample for each field that libvirt reports of each virtual CPU."""
    for domain in snapshot.domains:
        for vcpu in domain.vcpus:
            yield from read(METRICS, vcpu, domain.name, str(vcpu.number))


COLLECTOR = Collector(
    "vcpu",
    order=50,
    about="CPU time of each virtual CPU, including steal",
    metrics=METRICS,
    collect=collect,
    needs=(VCPU,),
)
