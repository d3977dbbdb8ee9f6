"""Virtual networks of libvirt and their DHCP leases; times are Unix times."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Address, ip_address, ip_interface
from typing import TYPE_CHECKING, Any

from exporter.snapshot.elements import attribute, number, vlans
from exporter.snapshot.need import Reading
from exporter.snapshot.parsed import required
from exporter.snapshot.text import bounded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from xml.etree.ElementTree import Element


@dataclass(frozen=True, slots=True)
class Lease:
    """A DHCP lease; `expiry` is None if it does not expire."""

    mac_address: str
    ip_address: str
    hostname: str = ""
    expiry: float | None = None


@dataclass(frozen=True, slots=True)
class Wiring:
    """What the XML of a network says of how guests reach others; empty or None where it says nothing.

    `mode` is that of <forward>, empty for an isolated network; `vlans` are tags, `subnets` in CIDR notation;
    `dhcp_addresses` is the number of IPv4 addresses in the ranges of its DHCP server.
    """

    bridge: str = ""
    mode: str = ""
    device: str = ""
    mtu: float | None = None
    vlans: tuple[str, ...] = ()
    subnets: tuple[str, ...] = ()
    dhcp_addresses: int | None = None

    @classmethod
    def from_xml(cls, xml: str) -> Wiring:
        """From libvirt's network XML. Raises ValueError if it cannot be parsed."""
        root = required(xml)
        forward = root.find("forward")
        ranges = list(_range_sizes(root))
        return cls(
            bridge=attribute(root, "bridge", "name"),
            mode="" if forward is None else forward.get("mode", "nat"),  # libvirt's default
            device="" if forward is None else forward.get("dev", ""),
            mtu=number(attribute(root, "mtu", "size")),
            vlans=vlans(root),
            subnets=tuple(subnet for ip in root.iterfind("ip") if (subnet := _subnet(ip))),
            dhcp_addresses=sum(ranges) if ranges else None,
        )


@dataclass(frozen=True, slots=True)
class Network:
    """A virtual network; `leases` is None if libvirt does not report them."""

    name: str
    uuid: str
    active: bool
    autostart: bool
    persistent: bool
    wiring: Wiring = field(default_factory=Wiring)
    leases: tuple[Lease, ...] | None = None


NETWORKS: Reading[tuple[Network, ...]] = Reading("networks")


def _subnet(ip: Element) -> str:
    """The subnet of an <ip> in CIDR notation; empty if it says none, or nonsense."""
    length = ip.get("prefix") or ip.get("netmask", "")
    try:
        return str(ip_interface(f"{ip.get('address', '')}/{length}").network) if length else ""
    except ValueError:
        return ""


def _range_sizes(root: Element) -> Iterator[int]:
    """How many addresses each IPv4 range of the DHCP server has."""
    for each in root.iterfind("./ip/dhcp/range"):
        try:
            start, end = ip_address(each.get("start", "")), ip_address(each.get("end", ""))
        except ValueError:
            continue
        if isinstance(start, IPv4Address) and isinstance(end, IPv4Address):
            yield max(0, int(end) - int(start) + 1)


def leases(raw: Iterable[Mapping[str, Any]]) -> tuple[Lease, ...]:
    """From virNetworkGetDHCPLeases: each pair of addresses once, the lease that expires last."""
    found: dict[tuple[str, str], Lease] = {}
    for one in sorted(raw, key=lambda one: -(one.get("expirytime") or float("inf"))):
        mac, address = one.get("mac") or "", one.get("ipaddr") or ""
        expiry = one.get("expirytime") or None  # 0: never
        found.setdefault((mac, address), Lease(mac, address, bounded(one.get("hostname") or ""), expiry))
    return tuple(found.values())
