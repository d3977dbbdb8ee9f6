"""What an interface can be attached to: a network of libvirt, or a bridge of the host."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from forecaster.view.inventory import ISOLATED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forecaster.view.inventory import Host, Interface, Network

NETWORK, BRIDGE = "network", "bridge"
KINDS = (NETWORK, BRIDGE)
MADE = {"nat", "route", "open", ISOLATED}  # modes of networks whose bridge libvirt makes
USUAL_MTU = 1500.0  # bytes: what that bridge has if the network says none
LIKE_A_BRIDGE = re.compile(r"br|ovs")  # in names of devices: br0, virbr1, vmbr2, ovs-prod


@dataclass(frozen=True)
class Attachment:
    """A network or a bridge at a host. A field at None or empty is not known, or there is none.

    `device` is that of the host which a network forwards over. `is_bridge` is whether its host is known to
    have a bridge of that name: of most devices only the name is known.
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
    device: str = ""
    is_bridge: bool = True

    @property
    def host_bridge(self) -> bool:
        """Whether the host must have the bridge already: libvirt makes none for it."""
        return self.forwards == BRIDGE

    @property
    def forwards(self) -> str:
        """How it reaches others, as libvirt names the mode of a network; empty: not known."""
        return BRIDGE if self.kind == BRIDGE else self.mode


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
        network.mtu_bytes or (USUAL_MTU if network.mode in MADE else None),
        None if network.active is None else bool(network.active),
        free,
        network.device,
    )


def offered(networks: list[Network], host: Host, kind: str, bridges: set[str]) -> Iterator[Attachment]:
    """Everything at a host that could take an interface that is on a network or a bridge here (`kind`).

    A bridge over which a network runs is offered to interfaces on a bridge only, if the host made it. Of a
    device that is neither called like a bridge nor one of `bridges`, which others use, it is not known.
    """
    yield from map(of_network, networks)
    hidden = _hidden(networks, kind)
    for name in host.devices:
        if name not in hidden:
            known = name in bridges or LIKE_A_BRIDGE.search(name) is not None
            yield Attachment(BRIDGE, name, name, is_bridge=known)


def assumed(source: Attachment, networks: list[Network], host: Host) -> Iterator[Attachment]:
    """What has the source's name at a host whose networks, or devices, nobody tells: it may be there."""
    if source.kind == NETWORK and not networks:
        yield Attachment(NETWORK, source.name)
    if source.kind == BRIDGE and not host.devices and source.name not in _hidden(networks, BRIDGE):
        yield Attachment(BRIDGE, source.name, source.name, is_bridge=False)


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
    mtu_bytes = interface.mtu_bytes or found.mtu_bytes
    if (vlans, mtu_bytes) == (found.vlans, found.mtu_bytes):
        return found  # as mostly: a copy takes ten times as long
    return replace(found, vlans=vlans, mtu_bytes=mtu_bytes)


def own_vlans(interface: Interface, source: Attachment) -> bool:
    """Whether an interface has VLANs of its own. A VM that runs has its network's written at its interface,
    too: those may be the network's.
    """
    return bool(interface.vlans) and (source.kind == BRIDGE or interface.vlans != source.vlans)
