"""Virtual networks of libvirt and their DHCP leases; times are Unix times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from exporter.snapshot.need import Reading
from exporter.snapshot.parsed import required
from exporter.snapshot.text import bounded

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, slots=True)
class Lease:
    """A DHCP lease; `expiry` is None if it does not expire."""

    mac_address: str
    ip_address: str
    hostname: str = ""
    expiry: float | None = None


@dataclass(frozen=True, slots=True)
class Network:
    """A virtual network; `leases` is None if libvirt does not report them."""

    name: str
    uuid: str
    active: bool
    autostart: bool
    persistent: bool
    bridge: str = ""
    leases: tuple[Lease, ...] | None = None


NETWORKS: Reading[tuple[Network, ...]] = Reading("networks")


def bridge(xml: str) -> str:
    """The bridge in the XML of a network; empty if it has none, as a network that assigns host devices."""
    found = required(xml).find("bridge")
    return "" if found is None else found.get("name", "")


def leases(raw: Iterable[Mapping[str, Any]]) -> tuple[Lease, ...]:
    """From virNetworkGetDHCPLeases: each pair of addresses once, the lease that expires last."""
    found: dict[tuple[str, str], Lease] = {}
    for one in sorted(raw, key=lambda one: -(one.get("expirytime") or float("inf"))):
        mac, address = one.get("mac") or "", one.get("ipaddr") or ""
        expiry = one.get("expirytime") or None  # 0: never
        found.setdefault((mac, address), Lease(mac, address, bounded(one.get("hostname") or ""), expiry))
    return tuple(found.values())
