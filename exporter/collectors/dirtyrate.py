"""Dirty rates of domains: how fast guests write to their memory, as last measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.collectors.row import Collector
from exporter.metric import Kind, Metric, read
from exporter.snapshot.dirty_rate import DIRTY_RATE, DIRTY_RATE_CALC, DirtyRate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.metric import Sample
    from exporter.snapshot.snapshot import Snapshot

_LABELS = ("domain",)
STATUS = Metric(
    "libvirt_domain_dirty_rate_measured",
    Kind.GAUGE,
    "Whether the dirty rate of the domain has been measured; 0 before the first measurement and during one.",
    _LABELS,
)
INFO = Metric(
    "libvirt_domain_dirty_rate_info",
    Kind.GAUGE,
    "Mode in which the dirty rate was measured; always 1.",
    (*_LABELS, "mode"),
)
VCPU = Metric(
    "libvirt_domain_vcpu_dirty_rate_bytes_per_second",
    Kind.GAUGE,
    "Rate at which the virtual CPU dirtied memory (modes dirty-ring and dirty-bitmap).",
    (*_LABELS, "vcpu"),
    "bytes per second",
)
_READ = (
    Metric(
        "libvirt_domain_dirty_rate_bytes_per_second",
        Kind.GAUGE,
        "Rate at which the guest dirtied memory during the last measurement.",
        _LABELS,
        "bytes per second",
        "rate",
    ),
    Metric(
        "libvirt_domain_dirty_rate_period_seconds",
        Kind.GAUGE,
        "Duration of the last measurement of the dirty rate.",
        _LABELS,
        "seconds",
        "period",
    ),
    Metric(
        "libvirt_domain_dirty_rate_uptime_seconds",
        Kind.GAUGE,
        "Uptime of the host when the last measurement of the dirty rate started.",
        _LABELS,
        "seconds",
        "started",
    ),
)
METRICS = (STATUS, *_READ, INFO, VCPU)


def collect(snapshot: Snapshot) -> Iterator[Sample]:
    """The last measurement of each domain."""
    for domain in snapshot.domains:
        measured = DirtyRate.read(domain.statistics)
        if measured.status is None:
            continue
        yield STATUS.sample(measured.status == "measured", domain.name)
        yield from read(_READ, measured, domain.name)
        if measured.mode is not None:
            yield INFO.sample(1, domain.name, measured.mode)
        for number, rate in measured.vcpus:
            yield VCPU.sample(rate, domain.name, str(number))


COLLECTOR = Collector(
    "dirtyrate",
    order=220,
    about="dirty rate of guests' memory (see --dirty-rate.interval)",
    metrics=METRICS,
    collect=collect,
    needs=(DIRTY_RATE, DIRTY_RATE_CALC),
    enabled=False,
)
