"""Reads virtual networks and their DHCP leases."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import libvirt

from exporter.snapshot.network import NETWORKS, Network, Wiring, leases
from exporter.source.calls import Skips, answer
from exporter.source.reader import SELDOM
from exporter.source.readings.row import Remote

if TYPE_CHECKING:
    from collections.abc import Callable

    from exporter.source.readings.row import Connection, Undo

MOST = 1_000  # networks, and leases of a network


def networks(connection: Connection, skips: Skips) -> tuple[Network, ...]:
    """All virtual networks, with the leases of those whose DHCP server libvirt runs."""
    found = (skips.answer(_network, network, skips) for network in connection.listAllNetworks()[:MOST])
    return tuple(network for network in found if network is not None)


def _network(network: Any, skips: Skips) -> Network:
    active = bool(network.isActive())
    given = skips.answer(network.DHCPLeases) if active else None
    return Network(
        network.name(), network.UUIDString(), active, bool(network.autostart()),
        bool(network.isPersistent()), Wiring.from_xml(network.XMLDesc()),
        None if given is None else leases(given)[:MOST],
    )  # fmt: skip


def watch(connection: Connection, changed: Callable[[], None]) -> list[Undo]:
    """Call `changed` when a network is started, stopped or defined."""
    register, deregister = connection.networkEventRegisterAny, connection.networkEventDeregisterAny
    number = answer(register, None, libvirt.VIR_NETWORK_EVENT_ID_LIFECYCLE, lambda *_: changed(), None)
    return [] if number is None else [partial(deregister, number)]


READINGS = (Remote(NETWORKS, networks, SELDOM, watch),)
