"""Reads the machine types that the hypervisor offers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.snapshot.machine_type import MACHINE_TYPES, machine_types
from exporter.source.reader import RARELY
from exporter.source.readings.row import Remote

if TYPE_CHECKING:
    from exporter.source.calls import Skips
    from exporter.source.readings.row import Connection


def read(connection: Connection, _skips: Skips) -> dict[tuple[str, str], bool]:
    """All of them. After an upgrade of QEMU libvirt starts each emulator once to ask it: seconds."""
    return machine_types(connection.getCapabilities())


READINGS = (Remote(MACHINE_TYPES, read, RARELY),)
