"""Virtual networks of libvirt and the DHCP leases they have given; times are Unix times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, slots=True)
class Lease:
    """An address that a network's DHCP server has given away until `expiry`; None is for ever."""

    mac_address: str
    ip_address: str
    hostname: str = ""
    expiry: float | None = None


@dataclass(frozen=True, slots=True)
class Network:
    """A virtual network; `leases` is None where its leases cannot be had."""

    name: str
    uuid: str
    active: bool
    autostart: bool
    persistent: bool
    bridge: str = ""
    leases: tuple[Lease, ...] | None = None


def bridge(xml: str) -> str:
    """The bridge of a network's XML; empty where it has none, as one that hands out devices."""
    found = ET.fromstring(xml).find("bridge")  # noqa: S314 (libvirt's own XML, which expands no entities)
    return "" if found is None else found.get("name", "")


def leases(raw: Iterable[Mapping[str, Any]]) -> tuple[Lease, ...]:
    """The leases of virNetworkGetDHCPLeases, each pair of addresses once: those that end last come first."""
    found: dict[tuple[str, str], Lease] = {}
    for one in sorted(raw, key=lambda one: -(one.get("expirytime") or float("inf"))):
        mac, address = one.get("mac") or "", one.get("ipaddr") or ""
        expiry = one.get("expirytime") or None  # 0 is libvirt's word for never
        found.setdefault((mac, address), Lease(mac, address, one.get("hostname") or "", expiry))
    return tuple(found.values())
