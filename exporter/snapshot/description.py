"""A domain as its XML describes it: what changes rarely and belongs on info metrics."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from exporter.snapshot.elements import attribute, number, pci_address, vlans
from exporter.snapshot.hostdev import Hostdev, hostdevs
from exporter.snapshot.metadata import LONGEST_METADATA, OVERSIZED, Metadata
from exporter.snapshot.parsed import parsed
from exporter.snapshot.placement import Placement
from exporter.snapshot.text import bounded

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from xml.etree.ElementTree import Element

AGENT_CHANNEL = "org.qemu.guest_agent.0"


@dataclass(frozen=True, slots=True)
class Disk:
    """The source of a disk; empty where the XML does not say it."""

    device: str
    kind: str = ""
    source: str = ""
    source_type: str = ""
    bus: str = ""
    driver: str = ""
    cache: str = ""
    discard: str = ""
    serial: str = ""
    alias: str = ""  # libvirt's name of the device; running domains only
    limits: Mapping[str, float] = field(default_factory=dict)  # by the name of the element in <iotune>


@dataclass(frozen=True, slots=True)
class Nic:
    """The network that an interface is attached to."""

    device: str
    kind: str = ""
    mac: str = ""
    model: str = ""
    bridge: str = ""
    network: str = ""
    link: str = ""
    interface_id: str = ""  # of Open vSwitch and similar
    mtu: float | None = None
    vlans: tuple[str, ...] = ()


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
    nics: tuple[Nic, ...] = ()  # those that have a device on the host: of running domains
    macs: tuple[str, ...] = ()  # of all interfaces, in lower case
    hostdevs: tuple[Hostdev, ...] = ()
    placement: Placement = field(default_factory=Placement)
    metadata: Metadata = field(default_factory=Metadata)

    @classmethod
    def from_xml(cls, text: str) -> Description | None:
        """From libvirt's domain XML; None if it cannot be parsed.

        Operators can write metadata that makes the whole XML unreadable, or very long. It is then left out,
        and counted.
        """
        rest, metadata = _apart(text)
        if len(metadata) > LONGEST_METADATA:
            root = parsed(rest)
            return (
                None if root is None else replace(cls._read(root), metadata=Metadata(problems=(OVERSIZED,)))
            )
        root = parsed(text)
        if root is not None:
            return cls._read(root)
        root = parsed(rest)
        return None if root is None else replace(cls._read(root), metadata=Metadata.salvaged(metadata))

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
            macs=tuple(
                mac.get("address", "").lower() for mac in root.iterfind("./devices/interface/mac[@address]")
            ),
            hostdevs=hostdevs(root),
            placement=Placement.from_xml(root),
            metadata=Metadata.from_xml(root),
        )


def _apart(text: str) -> tuple[str, str]:
    """The XML of a domain without its metadata, and these."""
    begin, end = text.find("<metadata>"), text.rfind("</metadata>")
    if not 0 <= begin < end:
        return text, ""
    end += len("</metadata>")
    return text[:begin] + text[end:], text[begin:end]


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
        alias=attribute(element, "alias", "name"),
        limits={
            one.tag: limit
            for one in element.iterfind("./iotune/*")
            if (limit := number(one.text)) is not None
        },
    )


def _source(source: Element | None) -> str:
    """The source in a word, by what its element has.

    The path of a file, device, directory or socket; pool/volume of a volume; protocol:name of a network disk;
    the PCI address and namespace of an NVMe disk.
    """
    if source is None:
        return ""
    if source.get("pool"):
        return f"{source.get('pool')}/{source.get('volume', '')}"
    if source.get("protocol"):
        return f"{source.get('protocol')}:{source.get('name', '')}"
    if source.get("namespace"):
        return f"{pci_address(source.find('address'))}/{source.get('namespace')}"
    return next((source.get(key, "") for key in ("file", "dev", "dir", "path") if source.get(key)), "")


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
        mtu=number(attribute(element, "mtu", "size")),
        vlans=vlans(element),
    )


_Device = TypeVar("_Device", Disk, Nic)


def _once(devices: Iterable[_Device]) -> tuple[_Device, ...]:
    """The devices that have a name, each name once: two series with equal labels are an error."""
    found: dict[str, _Device] = {}
    for device in devices:
        if device.device:
            found.setdefault(device.device, device)
    return tuple(found.values())
