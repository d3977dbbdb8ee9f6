"""Network interfaces of domains, from bulk statistics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from exporter.snapshot.need import Need
from exporter.snapshot.units import Field, values

if TYPE_CHECKING:
    from collections.abc import Mapping

INTERFACE = Need("interface")


@dataclass(frozen=True, slots=True)
class Interface:
    """One network interface by its name on the host (vnet0); the guest receives and transmits."""

    device: str
    receive_bytes: float | None = None
    receive_packets: float | None = None
    receive_errors: float | None = None
    receive_drops: float | None = None
    transmit_bytes: float | None = None
    transmit_packets: float | None = None
    transmit_errors: float | None = None
    transmit_drops: float | None = None

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> tuple[Interface, ...]:
        """Each interface that has a name; user-mode interfaces have neither a name nor statistics."""
        found = {}
        for n in range(int(raw.get("net.count", 0))):
            device = raw.get(f"net.{n}.name")
            if device and device not in found:
                found[device] = cls(str(device), **values(raw, _INTERFACE, f"net.{n}."))
        return tuple(found.values())


_INTERFACE = (
    Field("receive_bytes", "rx.bytes"),
    Field("receive_packets", "rx.pkts"),
    Field("receive_errors", "rx.errs"),
    Field("receive_drops", "rx.drop"),
    Field("transmit_bytes", "tx.bytes"),
    Field("transmit_packets", "tx.pkts"),
    Field("transmit_errors", "tx.errs"),
    Field("transmit_drops", "tx.drop"),
)
