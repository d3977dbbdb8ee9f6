"""Network interfaces of the machine that the exporter runs on (local libvirt only)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.collectors.row import Collector
from exporter.metric import Kind, Metric, read
from exporter.snapshot.machine import NICS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.metric import Sample
    from exporter.snapshot.snapshot import Snapshot

_LABELS = ("device",)
METRICS = tuple(
    Metric(name, Kind.COUNTER, text, _LABELS, unit, field)
    for name, text, unit, field in (
        (
            "libvirt_host_network_receive_bytes_total",
            "Bytes received by the interface.",
            "bytes",
            "receive_bytes",
        ),
        (
            "libvirt_host_network_receive_packets_total",
            "Packets received by the interface.",
            "packets",
            "receive_packets",
        ),
        (
            "libvirt_host_network_receive_errors_total",
            "Receive errors of the interface.",
            "packets",
            "receive_errors",
        ),
        (
            "libvirt_host_network_receive_drops_total",
            "Received packets that were dropped.",
            "packets",
            "receive_drops",
        ),
        (
            "libvirt_host_network_transmit_bytes_total",
            "Bytes transmitted by the interface.",
            "bytes",
            "transmit_bytes",
        ),
        (
            "libvirt_host_network_transmit_packets_total",
            "Packets transmitted by the interface.",
            "packets",
            "transmit_packets",
        ),
        (
            "libvirt_host_network_transmit_errors_total",
            "Transmit errors of the interface.",
            "packets",
            "transmit_errors",
        ),
        (
            "libvirt_host_network_transmit_drops_total",
            "Packets that were dropped before they were transmitted.",
            "packets",
            "transmit_drops",
        ),
    )
)


def collect(snapshot: Snapshot) -> Iterator[Sample]:
    """The counters of each interface that does not belong to a guest."""
    for nic in snapshot.get(NICS, ()):
        yield from read(METRICS, nic, nic.device)


COLLECTOR = Collector(
    "host-network",
    order=320,
    about="network interfaces of this machine",
    metrics=METRICS,
    collect=collect,
    needs=(NICS,),
)
