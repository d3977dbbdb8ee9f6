"""Virtual networks of libvirt's test driver."""

from __future__ import annotations

from typing import Any

from exporter.source.calls import Skips
from exporter.source.readings import network


def test_networks_of_a_connection(connection: Any) -> None:
    (found,) = network.networks(connection, Skips())
    assert (found.name, found.wiring.bridge, found.active) == ("inside", "virbr7", True)
    assert (found.autostart, found.persistent, found.leases) == (False, True, None)
