"""Processor time of each virtual CPU."""

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
        "Processor time the virtual CPU has used.",
        _LABELS,
        "seconds",
        "time",
    ),
    Metric(
        "libvirt_domain_vcpu_wait_seconds_total",
        Kind.COUNTER,
        "Time the virtual CPU's thread has waited for input or output of the host.",
        _LABELS,
        "seconds",
        "wait",
    ),
    Metric(
        "libvirt_domain_vcpu_delay_seconds_total",
        Kind.COUNTER,
        "Time the virtual CPU could have run and waited for a host CPU: what the guest sees as steal.",
        _LABELS,
        "seconds",
        "delay",
    ),
    Metric(
        "libvirt_domain_vcpu_halted",
        Kind.GAUGE,
        "Whether the virtual CPU is halted, mostly because it is idle.",
        _LABELS,
        "",
        "halted",
    ),
)


def collect(snapshot: Snapshot) -> Iterator[Sample]:
    """A sample for each field libvirt gave of each vCPU."""
    for domain in snapshot.domains:
        for vcpu in domain.vcpus:
            yield from read(METRICS, vcpu, domain.name, str(vcpu.number))


COLLECTOR = Collector(
    "vcpu",
    order=50,
    about="processor time of each virtual CPU, steal included",
    metrics=METRICS,
    collect=collect,
    needs=(VCPU,),
)
