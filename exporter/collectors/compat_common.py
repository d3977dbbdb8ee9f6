"""Names that dashboards for several other exporters use; any --compat adds them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.collectors.row import Collector
from exporter.metric import Kind, Metric, read
from exporter.snapshot.cpu import VCPU
from exporter.snapshot.memory import BALLOON

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.metric import Sample
    from exporter.snapshot.snapshot import Snapshot

USED = Metric(
    "libvirt_domain_memory_stats_used_percent",
    Kind.GAUGE,
    "Memory that is not available in the guest without swapping, in percent of its total memory.",
    ("domain",),
    "percent",
)
VCPU_STATE = Metric(
    "libvirt_domain_vcpu_state",
    Kind.GAUGE,
    "State of the virtual CPU as libvirt's number: 0 is offline, 1 running, 2 blocked.",
    ("domain", "vcpu"),
    "",
    "state",
)
METRICS = (USED, VCPU_STATE)


def collect(snapshot: Snapshot) -> Iterator[Sample]:
    """These names for each domain."""
    for domain in snapshot.domains:
        usable, available = domain.memory.usable, domain.memory.available
        if usable is not None and available:
            yield USED.sample(100 * (1 - usable / available), domain.name)
        for vcpu in domain.vcpus:
            yield from read((VCPU_STATE,), vcpu, domain.name, str(vcpu.number))


COLLECTOR = Collector(
    "compat-common",
    order=350,
    about="names that dashboards for several other exporters use (any --compat)",
    metrics=METRICS,
    collect=collect,
    needs=(BALLOON, VCPU),
    enabled=False,
)
