"""Network addresses of guests, as guest agents report them. They can identify people: off by default."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.collectors.row import Collector
from exporter.metric import Kind, Metric
from exporter.snapshot.guest import GUEST_AGENTS
from exporter.snapshot.guest_details import GUEST_DETAILS, MOST_ADDRESSES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.metric import Sample
    from exporter.snapshot.snapshot import Snapshot

ADDRESS = Metric(
    "libvirt_domain_guest_address_info",
    Kind.GAUGE,
    f"A network address of the guest, up to {MOST_ADDRESSES}; always 1.",
    ("domain", "interface", "mac_address", "family", "address", "prefix"),
)
METRICS = (ADDRESS,)


def collect(snapshot: Snapshot) -> Iterator[Sample]:
    """The addresses of each guest."""
    for domain in snapshot.domains:
        details = domain.agent.details if domain.agent else None
        for one in details.addresses if details else ():
            about = (one.interface, one.mac, one.family, one.address, one.prefix)
            yield ADDRESS.sample(1, domain.name, *about)


COLLECTOR = Collector(
    "guest-address",
    order=124,
    about="network addresses of guests, which can identify people (needs --libvirt.read-write)",
    metrics=METRICS,
    collect=collect,
    needs=(GUEST_AGENTS, GUEST_DETAILS),
    enabled=False,
)
