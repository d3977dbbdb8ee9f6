"""Names that dashboards made for more than one other exporter read; any --compat adds them."""

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
    "Memory the guest could not use without swapping, in percent of what its kernel sees.",
    ("domain",),
    "percent",
)
VCPU_STATE = Metric(
    "libvirt_domain_vcpu_state",
    Kind.GAUGE,
    "State of the virtual CPU as libvirt's number for it: 0 is offline, 1 running, 2 blocked.",
    ("domain", "vcpu"),
    "",
    "state",
)
METRICS = (USED, VCPU_STATE)


def collect(snapshot: Snapshot) -> Iterator[Sample]:
    """The names above for each domain."""
    for domain in snapshot.domains:
        usable, available = domain.memory.usable, domain.memory.available
        if usable is not None and available:
            yield USED.sample(100 * (1 - usable / available), domain.name)
        for vcpu in domain.vcpus:
            yield from read((VCPU_STATE,), vcpu, domain.name, str(vcpu.number))


COLLECTOR = Collector(
    "compat-common",
    order=350,
    about="names of dashboards for more than one other exporter (any --compat)",
    metrics=METRICS,
    collect=collect,
    needs=(BALLOON, VCPU),
    enabled=False,
)
