"""What a domain is, read from its XML: everything that changes rarely and belongs on info metrics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Iterable
    from xml.etree.ElementTree import Element

AGENT_CHANNEL = "org.qemu.guest_agent.0"


@dataclass(frozen=True, slots=True)
class Disk:
    """Where a disk's bytes come from; empty where the XML says nothing."""

    device: str
    kind: str = ""
    source: str = ""
    source_type: str = ""
    bus: str = ""
    driver: str = ""
    cache: str = ""
    serial: str = ""


@dataclass(frozen=True, slots=True)
class Nic:
    """What a network interface is attached to."""

    device: str
    kind: str = ""
    mac: str = ""
    model: str = ""
    bridge: str = ""
    network: str = ""


@dataclass(frozen=True, slots=True)
class Description:
    """A domain's identity and devices."""

    title: str = ""
    virtualization: str = ""
    os_type: str = ""
    arch: str = ""
    machine: str = ""
    has_agent: bool = False
    disks: tuple[Disk, ...] = ()
    nics: tuple[Nic, ...] = ()

    @classmethod
    def from_xml(cls, text: str) -> Description | None:
        """The description in libvirt's domain XML; None where that cannot be parsed."""
        try:
            root = ET.fromstring(text)  # noqa: S314 (written by libvirt itself, which has no entities in it)
        except ET.ParseError:
            return None
        os_type = root.find("./os/type")
        return cls(
            title=root.findtext("title", ""),
            virtualization=root.get("type", ""),
            os_type=(os_type.text or "") if os_type is not None else "",
            arch=_attribute(root, "./os/type", "arch"),
            machine=_attribute(root, "./os/type", "machine"),
            has_agent=root.find(f"./devices/channel/target[@name='{AGENT_CHANNEL}']") is not None,
            disks=_once(_disk(element) for element in root.iterfind("./devices/disk")),
            nics=_once(_nic(element) for element in root.iterfind("./devices/interface")),
        )


def _disk(element: Element) -> Disk:
    source = element.find("source")
    return Disk(
        device=_attribute(element, "target", "dev"),
        kind=element.get("device", "disk"),
        source=_source(source),
        source_type=element.get("type", ""),
        bus=_attribute(element, "target", "bus"),
        driver=_attribute(element, "driver", "type"),
        cache=_attribute(element, "driver", "cache"),
        serial=element.findtext("serial", ""),
    )


def _source(source: Element | None) -> str:
    """A file, device or directory by its path, a volume as pool/volume, a network disk as protocol:name."""
    if source is None:
        return ""
    if source.get("pool"):
        return f"{source.get('pool')}/{source.get('volume', '')}"
    if source.get("protocol"):
        return f"{source.get('protocol')}:{source.get('name', '')}"
    return next((source.get(key, "") for key in ("file", "dev", "dir") if source.get(key)), "")


def _nic(element: Element) -> Nic:
    return Nic(
        device=_attribute(element, "target", "dev"),
        kind=element.get("type", ""),
        mac=_attribute(element, "mac", "address"),
        model=_attribute(element, "model", "type"),
        bridge=_attribute(element, "source", "bridge"),
        network=_attribute(element, "source", "network"),
    )


def _attribute(element: Element, path: str, name: str) -> str:
    found = element.find(path)
    return "" if found is None else found.get(name, "")


_Device = TypeVar("_Device", Disk, Nic)


def _once(devices: Iterable[_Device]) -> tuple[_Device, ...]:
    """The devices that have a name, each name once: a label value must not stand twice."""
    found: dict[str, _Device] = {}
    for device in devices:
        if device.device:
            found.setdefault(device.device, device)
    return tuple(found.values())
