"""Machine types that the host's hypervisor offers, from libvirt's capabilities."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from exporter.snapshot.elements import attribute
from exporter.snapshot.need import Reading

if TYPE_CHECKING:
    from collections.abc import Mapping

# By architecture and name: whether the type is deprecated.
MACHINE_TYPES: Reading[Mapping[tuple[str, str], bool]] = Reading("machine_types")


def machine_types(capabilities: str) -> dict[tuple[str, str], bool]:
    """From the XML of libvirt's capabilities."""
    root = ET.fromstring(capabilities)  # noqa: S314 (libvirt's own XML has no entities)
    return {
        (attribute(guest, "arch", "name"), machine.text or ""): machine.get("deprecated") == "yes"
        for guest in root.iterfind("guest")
        for machine in guest.iterfind("arch//machine")
    }
