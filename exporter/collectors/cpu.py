"""Processor time of whole domains."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.collectors.row import Collector
from exporter.metric import Kind, Metric, read
from exporter.snapshot.cpu import CPU_TOTAL, VCPU

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.metric import Sample
    from exporter.snapshot.snapshot import Snapshot

_LABELS = ("domain",)
METRICS = (
    Metric(
        "libvirt_domain_cpu_user_seconds_total",
        Kind.COUNTER,
        "Processor time the domain's process has spent in user mode, guest code included.",
        _LABELS,
        "seconds",
        "user",
    ),
    Metric(
        "libvirt_domain_cpu_system_seconds_total",
        Kind.COUNTER,
        "Processor time the host's kernel has spent for the domain.",
        _LABELS,
        "seconds",
        "system",
    ),
    Metric(
        "libvirt_domain_cpu_haltpoll_success_seconds_total",
        Kind.COUNTER,
        "Time KVM polled for work of an idle vCPU and found some.",
        _LABELS,
        "seconds",
        "haltpoll_success",
    ),
    Metric(
        "libvirt_domain_cpu_haltpoll_fail_seconds_total",
        Kind.COUNTER,
        "Time KVM polled for work of an idle vCPU in vain.",
        _LABELS,
        "seconds",
        "haltpoll_fail",
    ),
    Metric(
        "libvirt_domain_info_maximum_virtual_cpus",
        Kind.GAUGE,
        "Virtual CPUs the domain can have online without a restart.",
        _LABELS,
        "vCPUs",
        "maximum",
    ),
)


def collect(snapshot: Snapshot) -> Iterator[Sample]:
    """A sample for each field libvirt gave."""
    for domain in snapshot.domains:
        yield from read(METRICS, domain.cpu, domain.name)


COLLECTOR = Collector(
    "cpu",
    order=40,
    about="processor time of domains",
    metrics=METRICS,
    collect=collect,
    needs=(CPU_TOTAL, VCPU),
)
