"""What a domain is, read from its XML: everything that changes rarely and belongs on info metrics."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar
from xml.etree import ElementTree as ET

from exporter.snapshot.elements import attribute, number
from exporter.snapshot.hostdev import Hostdev, hostdevs
from exporter.snapshot.metadata import Metadata, bounded
from exporter.snapshot.placement import Placement

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
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
    discard: str = ""
    serial: str = ""
    limits: Mapping[str, float] = field(default_factory=dict)  # by the name of the element in <iotune>


@dataclass(frozen=True, slots=True)
class Nic:
    """What a network interface is attached to."""

    device: str
    kind: str = ""
    mac: str = ""
    model: str = ""
    bridge: str = ""
    network: str = ""
    link: str = ""
    interface_id: str = ""  # of Open vSwitch and its like


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
    hostdevs: tuple[Hostdev, ...] = ()
    placement: Placement = field(default_factory=Placement)
    metadata: Metadata = field(default_factory=Metadata)

    @classmethod
    def from_xml(cls, text: str) -> Description | None:
        """The description in libvirt's domain XML; None where that cannot be parsed.

        Metadata is the operator's own XML: where it spoils the rest it is left out, and counted.
        """
        root = _parsed(text)
        if root is not None:
            return cls._read(root)
        root = _parsed(_METADATA.sub("", text))
        return None if root is None else replace(cls._read(root), metadata=Metadata.salvaged(text))

    @classmethod
    def _read(cls, root: Element) -> Description:
        os_type = root.find("./os/type")
        return cls(
            title=bounded(root.findtext("title", "")),
            virtualization=root.get("type", ""),
            os_type=(os_type.text or "") if os_type is not None else "",
            arch=attribute(root, "./os/type", "arch"),
            machine=attribute(root, "./os/type", "machine"),
            has_agent=root.find(f"./devices/channel/target[@name='{AGENT_CHANNEL}']") is not None,
            disks=_once(_disk(element) for element in root.iterfind("./devices/disk")),
            nics=_once(_nic(element) for element in root.iterfind("./devices/interface")),
            hostdevs=hostdevs(root),
            placement=Placement.from_xml(root),
            metadata=Metadata.from_xml(root),
        )


_METADATA = re.compile("<metadata>.*</metadata>", re.DOTALL)


def _parsed(text: str) -> Element | None:
    try:
        return ET.fromstring(text)  # noqa: S314 (written by libvirt itself, which has no entities in it)
    except ET.ParseError:
        return None


def _disk(element: Element) -> Disk:
    source = element.find("source")
    return Disk(
        device=attribute(element, "target", "dev"),
        kind=element.get("device", "disk"),
        source=_source(source),
        source_type=element.get("type", ""),
        bus=attribute(element, "target", "bus"),
        driver=attribute(element, "driver", "type"),
        cache=attribute(element, "driver", "cache"),
        discard=attribute(element, "driver", "discard"),
        serial=element.findtext("serial", ""),
        limits={
            one.tag: limit
            for one in element.iterfind("./iotune/*")
            if (limit := number(one.text)) is not None
        },
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
        device=attribute(element, "target", "dev"),
        kind=element.get("type", ""),
        mac=attribute(element, "mac", "address"),
        model=attribute(element, "model", "type"),
        bridge=attribute(element, "source", "bridge"),
        network=attribute(element, "source", "network"),
        link=attribute(element, "link", "state"),
        interface_id=attribute(element, "./virtualport/parameters", "interfaceid"),
    )


_Device = TypeVar("_Device", Disk, Nic)


def _once(devices: Iterable[_Device]) -> tuple[_Device, ...]:
    """The devices that have a name, each name once: a label value must not stand twice."""
    found: dict[str, _Device] = {}
    for device in devices:
        if device.device:
            found.setdefault(device.device, device)
    return tuple(found.values())
