"""Reads attributes and numbers from libvirt's XML."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_UNITS = {"": 1024, "b": 1, "bytes": 1, "kb": 1000, "mb": 1000**2, "gb": 1000**3, "tb": 1000**4}
_UNITS |= {prefix + end: 1024**power for power, prefix in enumerate("kmgt", 1) for end in ("", "ib")}


def attribute(element: Element, path: str, name: str) -> str:
    """An attribute of the first element at `path`; empty if there is none."""
    found = element.find(path)
    return "" if found is None else found.get(name, "")


def pci_address(address: Element | None) -> str:
    """An <address> in the notation of lspci; empty if there is none."""
    if address is None:
        return ""
    domain, bus, slot, function = (
        address.get(key, "0x0").removeprefix("0x") for key in ("domain", "bus", "slot", "function")
    )
    return f"{domain:0>4}:{bus:0>2}:{slot:0>2}.{function}"


def number(text: str | None) -> float | None:
    """A decimal number; None if the text is not one."""
    try:
        return float(text) if text else None
    except ValueError:
        return None


def vlans(element: Element) -> tuple[str, ...]:
    """The VLAN tags of a network or an interface, each once."""
    return tuple(dict.fromkeys(tag for one in element.iterfind("./vlan/tag") if (tag := one.get("id", ""))))


def size(text: str | None, unit: str) -> float | None:
    """A scaled size in bytes; None if it is not one. libvirt's default unit is KiB."""
    value, factor = number(text), _UNITS.get(unit.lower())
    return None if value is None or factor is None else value * factor
