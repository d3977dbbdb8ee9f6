"""Virtual networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.collectors.row import Collector
from exporter.metric import Kind, Metric, read
from exporter.snapshot.network import NETWORKS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.metric import Sample
    from exporter.snapshot.snapshot import Snapshot

GAUGE = Kind.GAUGE
_LABELS = ("network",)
_READ = (
    Metric("libvirt_network_active", GAUGE, "Whether the network is active.", _LABELS, "", "active"),
    Metric(
        "libvirt_network_autostart",
        GAUGE,
        "Whether the network starts with libvirt.",
        _LABELS,
        "",
        "autostart",
    ),
    Metric(
        "libvirt_network_persistent", GAUGE, "Whether the network is persistent.", _LABELS, "", "persistent"
    ),
)
INFO = Metric("libvirt_network_info", GAUGE, "Bridge of the network; always 1.", (*_LABELS, "uuid", "bridge"))
LEASES = Metric(
    "libvirt_network_dhcp_leases",
    GAUGE,
    "Number of DHCP leases of the network that have not expired.",
    _LABELS,
    "leases",
)
METRICS = (*_READ, LEASES, INFO)


def collect(snapshot: Snapshot) -> Iterator[Sample]:
    """Every network; the active ones with the number of their leases."""
    for network in snapshot.get(NETWORKS, ()):
        yield from read(_READ, network, network.name)
        if network.leases is not None:
            yield LEASES.sample(len(network.leases), network.name)
        yield INFO.sample(1, network.name, network.uuid, network.bridge)


COLLECTOR = Collector(
    "network",
    order=280,
    about="virtual networks",
    metrics=METRICS,
    collect=collect,
    needs=(NETWORKS,),
)
