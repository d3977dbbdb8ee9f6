"""CPU time of domains."""

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
        "CPU time of the domain's process in user mode, including guest code.",
        _LABELS,
        "seconds",
        "user",
    ),
    Metric(
        "libvirt_domain_cpu_system_seconds_total",
        Kind.COUNTER,
        "CPU time of the domain's process in kernel mode.",
        _LABELS,
        "seconds",
        "system",
    ),
    Metric(
        "libvirt_domain_cpu_haltpoll_success_seconds_total",
        Kind.COUNTER,
        "Time KVM polled for an idle virtual CPU until work arrived.",
        _LABELS,
        "seconds",
        "haltpoll_success",
    ),
    Metric(
        "libvirt_domain_cpu_haltpoll_fail_seconds_total",
        Kind.COUNTER,
        "Time KVM polled for an idle virtual CPU without work arriving.",
        _LABELS,
        "seconds",
        "haltpoll_fail",
    ),
    Metric(
        "libvirt_domain_info_maximum_virtual_cpus",
        Kind.GAUGE,
        "Maximum number of online virtual CPUs without a restart of the domain.",
        _LABELS,
        "vCPUs",
        "maximum",
    ),
)


def collect(snapshot: Snapshot) -> Iterator[Sample]:
    """A sample for each field that libvirt reports."""
    for domain in snapshot.domains:
        yield from read(METRICS, domain.cpu, domain.name)


COLLECTOR = Collector(
    "cpu",
    order=40,
    about="CPU time of domains",
    metrics=METRICS,
    collect=collect,
    needs=(CPU_TOTAL, VCPU),
)
