"""DHCP leases of libvirt's networks, one by one; guests choose their host names, so off by default."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.collectors.row import Collector
from exporter.metric import Kind, Metric
from exporter.snapshot.network import NETWORKS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.metric import Sample
    from exporter.snapshot.snapshot import Snapshot

EXPIRY = Metric(
    "libvirt_network_dhcp_lease_expiry_timestamp_seconds",
    Kind.GAUGE,
    "When the lease ends; absent for one that does not.",
    ("network", "mac_address", "ip_address"),
    "Unix time",
)
INFO = Metric(
    "libvirt_network_dhcp_lease_info",
    Kind.GAUGE,
    "Who has the address; always 1.",
    ("network", "mac_address", "ip_address", "hostname"),
)
METRICS = (EXPIRY, INFO)


def collect(snapshot: Snapshot) -> Iterator[Sample]:
    """The leases of each network, as far as they are known."""
    for network in snapshot.get(NETWORKS, ()):
        for lease in network.leases or ():
            labels = (network.name, lease.mac_address, lease.ip_address)
            if lease.expiry is not None:
                yield EXPIRY.sample(lease.expiry, *labels)
            yield INFO.sample(1, *labels, lease.hostname)


COLLECTOR = Collector(
    "lease",
    order=290,
    about="each DHCP lease of virtual networks",
    metrics=METRICS,
    collect=collect,
    needs=(NETWORKS,),
    enabled=False,
)
