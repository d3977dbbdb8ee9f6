"""Machine types of libvirt's test driver, which has no list of them."""

from __future__ import annotations

from typing import Any

from exporter.source.calls import Skips
from exporter.source.readings import machine_type


def test_a_driver_without_machine_types_has_none(connection: Any) -> None:
    assert machine_type.read(connection, Skips()) == {}
