"""Pressure stalls and CPU throttling of domains on this machine, from their control groups (version 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.collectors.row import Collector
from exporter.metric import Kind, Metric, read
from exporter.snapshot.cgroup import CGROUPS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.metric import Sample
    from exporter.snapshot.snapshot import Snapshot

_LABELS = ("domain",)
_PRESSURE = (
    Metric(
        "libvirt_domain_pressure_waiting_seconds_total",
        Kind.COUNTER,
        "Time during which some threads of the domain waited for the resource (pressure stall information).",
        (*_LABELS, "resource"),
        "seconds",
        "waiting",
    ),
    Metric(
        "libvirt_domain_pressure_stalled_seconds_total",
        Kind.COUNTER,
        "Time during which all threads of the domain waited for the resource (pressure stall information).",
        (*_LABELS, "resource"),
        "seconds",
        "stalled",
    ),
)
_THROTTLING = (
    Metric(
        "libvirt_domain_cpu_periods_total",
        Kind.COUNTER,
        "Enforcement periods of the domain's CPU limits, over its virtual CPUs, emulator and I/O threads.",
        _LABELS,
        "periods",
        "periods",
    ),
    Metric(
        "libvirt_domain_cpu_throttled_periods_total",
        Kind.COUNTER,
        "Enforcement periods in which a CPU limit throttled the domain.",
        _LABELS,
        "periods",
        "throttled_periods",
    ),
    Metric(
        "libvirt_domain_cpu_throttled_seconds_total",
        Kind.COUNTER,
        "Time during which CPU limits throttled the domain, over its virtual CPUs, emulator and I/O threads.",
        _LABELS,
        "seconds",
        "throttled",
    ),
)
METRICS = (*_PRESSURE, *_THROTTLING)


def collect(snapshot: Snapshot) -> Iterator[Sample]:
    """The group of each domain that has one on this machine."""
    names = {domain.uuid: domain.name for domain in snapshot.domains}
    for group in snapshot.get(CGROUPS, ()):
        name = names.get(group.uuid)
        if name is not None:
            for resource, pressure in group.pressure.items():
                yield from read(_PRESSURE, pressure, name, resource)
            yield from read(_THROTTLING, group.throttling, name)


COLLECTOR = Collector(
    "pressure",
    order=335,
    about="pressure stalls and CPU throttling of domains on this machine (control groups, version 2)",
    metrics=METRICS,
    collect=collect,
    needs=(CGROUPS,),
)
