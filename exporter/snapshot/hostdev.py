"""Host devices assigned to a domain: PCI, USB, SCSI and mediated devices (vGPUs)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from exporter.snapshot.elements import attribute, pci_address

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


@dataclass(frozen=True, slots=True)
class Hostdev:
    """A host device. `device` is libvirt's alias; `source` is an address, a UUID or IDs, by type."""

    device: str
    type: str = ""
    model: str = ""
    source: str = ""
    managed: str = ""


def hostdevs(root: Element) -> tuple[Hostdev, ...]:
    """All host devices of a domain, assigned network interfaces included; each alias once."""
    elements = [
        *root.iterfind("./devices/hostdev"),
        *root.iterfind("./devices/interface[@type='hostdev']"),
    ]
    found: dict[str, Hostdev] = {}
    for index, element in enumerate(elements):
        device = attribute(element, "alias", "name") or f"hostdev{index}"
        found.setdefault(device, _hostdev(element, device))
    return tuple(found.values())


def _hostdev(element: Element, device: str) -> Hostdev:
    source = element.find("source")
    kind = element.get("type", "")
    if kind == "hostdev":  # a network interface: its source has the type of the device
        kind = attribute(element, "source/address", "type") or "pci"
    name = "" if source is None else _source(source, kind)
    return Hostdev(device, kind, element.get("model", ""), name, element.get("managed", ""))


def _source(source: Element, kind: str) -> str:
    address = source.find("address")
    given = dict(address.attrib) if address is not None else {}
    if kind == "pci" and given:
        return pci_address(address)
    if kind == "mdev":
        return given.get("uuid", "")
    if kind == "usb":
        vendor, product = attribute(source, "vendor", "id"), attribute(source, "product", "id")
        parts = (vendor, product) if vendor else (given.get("bus", ""), given.get("device", ""))
        return ":".join(part.removeprefix("0x") for part in parts if part)
    if kind == "scsi":
        place = [attribute(source, "adapter", "name")]
        place += [given[key] for key in ("bus", "target", "unit") if key in given]
        return ":".join(part for part in place if part) or source.get("name", "")
    return source.get("wwpn", "") or source.get("dev", "")
