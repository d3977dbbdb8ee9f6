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
FORWARD = Metric(
    "libvirt_network_forward_info",
    GAUGE,
    "How the network reaches others: mode (nat, route, bridge and so on; empty: isolated) and device of the "
    "host (empty: any); always 1.",
    (*_LABELS, "mode", "device"),
)
SUBNET = Metric(
    "libvirt_network_subnet_info",
    GAUGE,
    "A subnet of the network in CIDR notation; always 1, absent if libvirt does not know it.",
    (*_LABELS, "subnet"),
)
VLAN = Metric(
    "libvirt_network_vlan_info",
    GAUGE,
    "A VLAN tag of the network; always 1, absent if it has none.",
    (*_LABELS, "tag"),
)
_WIRED = (
    Metric(
        "libvirt_network_mtu_bytes",
        GAUGE,
        "MTU of the network; absent if its XML does not say it.",
        _LABELS,
        "bytes",
        "mtu",
    ),
    Metric(
        "libvirt_network_dhcp_addresses",
        GAUGE,
        "Number of IPv4 addresses in the DHCP ranges of the network; absent without ranges.",
        _LABELS,
        "addresses",
        "dhcp_addresses",
    ),
)
LEASES = Metric(
    "libvirt_network_dhcp_leases",
    GAUGE,
    "Number of DHCP leases of the network that have not expired.",
    _LABELS,
    "leases",
)
METRICS = (*_READ, LEASES, INFO, FORWARD, *_WIRED, SUBNET, VLAN)


def collect(snapshot: Snapshot) -> Iterator[Sample]:
    """Every network; the active ones with the number of their leases."""
    for network in snapshot.get(NETWORKS, ()):
        yield from read(_READ, network, network.name)
        if network.leases is not None:
            yield LEASES.sample(len(network.leases), network.name)
        wiring = network.wiring
        yield INFO.sample(1, network.name, network.uuid, wiring.bridge)
        yield FORWARD.sample(1, network.name, wiring.mode, wiring.device)
        yield from read(_WIRED, wiring, network.name)
        for subnet in dict.fromkeys(wiring.subnets):
            yield SUBNET.sample(1, network.name, subnet)
        for tag in wiring.vlans:
            yield VLAN.sample(1, network.name, tag)


COLLECTOR = Collector(
    "network",
    order=280,
    about="virtual networks",
    metrics=METRICS,
    collect=collect,
    needs=(NETWORKS,),
)
