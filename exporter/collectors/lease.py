"""DHCP leases of virtual networks. Guests choose their hostnames, so they are off by default."""

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
    "Time when the DHCP lease expires; absent if it does not expire.",
    ("network", "mac_address", "ip_address"),
    "Unix time",
)
INFO = Metric(
    "libvirt_network_dhcp_lease_info",
    Kind.GAUGE,
    "Holder of the DHCP lease; always 1.",
    ("network", "mac_address", "ip_address", "hostname"),
)
METRICS = (EXPIRY, INFO)


def collect(snapshot: Snapshot) -> Iterator[Sample]:
    """The leases of each network."""
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
