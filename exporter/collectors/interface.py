"""Network interfaces of domains, as their guests see them: the guest receives and transmits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.collectors.row import Collector
from exporter.metric import Kind, Metric, read
from exporter.snapshot.interface import INTERFACE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.metric import Sample
    from exporter.snapshot.snapshot import Snapshot

_LABELS = ("domain", "target_device")
INFO = Metric(
    "libvirt_domain_interface_stats_info",
    Kind.GAUGE,
    "Type, MAC address, model, bridge and network of the interface; always 1.",
    (*_LABELS, "interface_type", "mac_address", "model_type", "source_bridge", "source_network"),
)
LINK = Metric(
    "libvirt_domain_interface_link_up",
    Kind.GAUGE,
    "Whether the link of the interface is up, from the domain's XML; a change shows within ten minutes.",
    _LABELS,
)
MTU = Metric(
    "libvirt_domain_interface_mtu_bytes",
    Kind.GAUGE,
    "MTU of the interface; absent if the domain's XML does not say it.",
    _LABELS,
    "bytes",
    "mtu",
)
VLAN = Metric(
    "libvirt_domain_interface_vlan_info",
    Kind.GAUGE,
    "A VLAN tag of the interface; always 1, absent if the domain's XML has none.",
    (*_LABELS, "tag"),
)
_WAYS = (("receive", "received"), ("transmit", "transmitted"))
_COUNTED = (
    ("bytes", "bytes", "Bytes {done} by the guest."),
    ("packets", "packets", "Packets {done} by the guest."),
    ("errors", "packets", "Errors of packets {done} by the guest."),
    ("drops", "packets", "Packets that were dropped before they were {done} by the guest."),
)
_READ = tuple(
    Metric(
        f"libvirt_domain_interface_stats_{direction}_{counted}_total",
        Kind.COUNTER,
        help_text.format(done=done),
        _LABELS,
        unit,
        f"{direction}_{counted}",
    )
    for direction, done in _WAYS
    for counted, unit, help_text in _COUNTED
)
METRICS = (*_READ, INFO, LINK, MTU, VLAN)


def collect(snapshot: Snapshot) -> Iterator[Sample]:
    """A sample for each field that libvirt reports of each interface, and its info metric."""
    for domain in snapshot.domains:
        for interface in domain.interfaces:
            yield from read(_READ, interface, domain.name, interface.device)
        for nic in domain.description.nics if domain.description else ():
            yield INFO.sample(
                1, domain.name, nic.device, nic.kind, nic.mac, nic.model, nic.bridge, nic.network
            )
            yield LINK.sample(nic.link != "down", domain.name, nic.device)
            yield from read((MTU,), nic, domain.name, nic.device)
            for tag in nic.vlans:
                yield VLAN.sample(1, domain.name, nic.device, tag)


COLLECTOR = Collector(
    "interface",
    order=80,
    about="network interfaces of domains",
    metrics=METRICS,
    collect=collect,
    needs=(INTERFACE,),
)
