"""Host devices assigned to domains: PCI, USB, SCSI, mediated devices (vGPUs)."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from exporter.collectors.row import Collector
from exporter.metric import Kind, Metric

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.metric import Sample
    from exporter.snapshot.snapshot import Snapshot

INFO = Metric(
    "libvirt_domain_hostdev_info",
    Kind.GAUGE,
    "A host device assigned to the domain; always 1. The source is its address, UUID or IDs.",
    ("domain", "device", "type", "model", "source", "managed"),
)
HOSTDEVS = Metric(
    "libvirt_domain_hostdevs",
    Kind.GAUGE,
    "Number of host devices assigned to the domain, by type; absent if there are none.",
    ("domain", "type"),
    "devices",
)
METRICS = (INFO, HOSTDEVS)


def collect(snapshot: Snapshot) -> Iterator[Sample]:
    """Each device, and the number of devices by type."""
    for domain in snapshot.domains:
        devices = domain.description.hostdevs if domain.description else ()
        for one in devices:
            yield INFO.sample(1, domain.name, one.device, one.type, one.model, one.source, one.managed)
        for kind, count in Counter(one.type for one in devices).items():
            yield HOSTDEVS.sample(count, domain.name, kind)


COLLECTOR = Collector(
    "hostdev",
    order=160,
    about="host devices assigned to domains, including vGPUs",
    metrics=METRICS,
    collect=collect,
)
