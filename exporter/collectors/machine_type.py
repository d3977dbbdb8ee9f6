"""Whether the machine types of domains are deprecated, or no longer offered by the host."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.collectors.row import Collector
from exporter.metric import Kind, Metric
from exporter.snapshot.machine_type import MACHINE_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.metric import Sample
    from exporter.snapshot.snapshot import Snapshot

DEPRECATED = Metric(
    "libvirt_domain_machine_deprecated",
    Kind.GAUGE,
    "Whether the host's hypervisor declares the machine type of the domain deprecated: a later version "
    "removes it.",
    ("domain",),
)
SUPPORTED = Metric(
    "libvirt_domain_machine_supported",
    Kind.GAUGE,
    "Whether the host's hypervisor offers the machine type of the domain; if not, it cannot start.",
    ("domain",),
)
METRICS = (DEPRECATED, SUPPORTED)


def collect(snapshot: Snapshot) -> Iterator[Sample]:
    """Domains of architectures that the host's capabilities describe."""
    types = snapshot.get(MACHINE_TYPES, {})
    known = {arch for arch, _ in types}
    for domain in snapshot.domains:
        about = domain.description
        if about is not None and about.machine and about.arch in known:
            deprecated = types.get((about.arch, about.machine))
            yield SUPPORTED.sample(deprecated is not None, domain.name)
            if deprecated is not None:
                yield DEPRECATED.sample(deprecated, domain.name)


COLLECTOR = Collector(
    "machine-type",
    order=25,
    about="whether machine types of domains are deprecated",
    metrics=METRICS,
    collect=collect,
    needs=(MACHINE_TYPES,),
)
