"""What an interface can be attached to: a network of libvirt, or a bridge of the host."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forecaster.view.inventory import Host, Interface, Network

NETWORK, BRIDGE = "network", "bridge"
KINDS = (NETWORK, BRIDGE)


@dataclass(frozen=True)
class Attachment:
    """A network or a bridge at a host. A field at None or empty is not known, or there is none.

    `host_bridge` is whether the bridge is the host's own, not one that libvirt makes for the network.
    """

    kind: str
    name: str
    bridge: str = ""
    mode: str = ""
    vlans: tuple[str, ...] = ()
    subnets: tuple[str, ...] = ()
    mtu_bytes: float | None = None
    active: bool | None = None
    free_addresses: float | None = None  # of its DHCP server

    @property
    def host_bridge(self) -> bool:
        """Whether the host must have the bridge already."""
        return self.kind == BRIDGE or self.mode == "bridge"


def of_network(network: Network) -> Attachment:
    """A network of libvirt as the inventory has it."""
    free = None
    if network.dhcp_addresses is not None and network.dhcp_leases is not None:
        free = max(0.0, network.dhcp_addresses - network.dhcp_leases)
    return Attachment(
        NETWORK,
        network.network,
        network.bridge,
        network.mode,
        network.vlans,
        network.subnets,
        network.mtu_bytes,
        None if network.active is None else bool(network.active),
        free,
    )


def offered(networks: list[Network], host: Host, kind: str) -> Iterator[Attachment]:
    """Everything at a host that could take an interface that is on a network or a bridge here (`kind`).

    A bridge over which a network runs is offered to interfaces on a bridge only, if the host made it.
    """
    yield from map(of_network, networks)
    hidden = _hidden(networks, kind)
    yield from (Attachment(BRIDGE, name, name) for name in host.devices if name not in hidden)


def assumed(source: Attachment, networks: list[Network], host: Host) -> Iterator[Attachment]:
    """The bridge of the source's name at a host whose devices nobody tells: it may be there."""
    if source.kind == BRIDGE and not host.devices and source.name not in _hidden(networks, BRIDGE):
        yield Attachment(BRIDGE, source.name, source.name)


def _hidden(networks: list[Network], kind: str) -> set[str]:
    return {each.bridge for each in networks if kind == NETWORK or each.mode != "bridge"}


def used(interface: Interface, networks: list[Network]) -> Attachment | None:
    """What an interface is attached to at its host; None if it is neither a network nor a bridge.

    Its VLANs are those of the network: what an interface says itself goes with it, and counts there before
    what the other network says. Of a bridge, or a network that is not known, nobody else says any.
    """
    if interface.source_network:
        known = next((each for each in networks if each.network == interface.source_network), None)
        found = of_network(known) if known else Attachment(NETWORK, interface.source_network)
    elif interface.source_bridge:
        known = None
        found = Attachment(BRIDGE, interface.source_bridge, interface.source_bridge)
    else:
        return None
    vlans = known.vlans if known else interface.vlans
    return replace(found, vlans=vlans, mtu_bytes=interface.mtu_bytes or found.mtu_bytes)


def own_vlans(interface: Interface, source: Attachment) -> bool:
    """Whether an interface has VLANs of its own. A VM that runs has its network's written at its interface,
    too: those may be the network's.
    """
    return bool(interface.vlans) and (source.kind == BRIDGE or interface.vlans != source.vlans)
