"""Memory bandwidth of groups of virtual CPUs (resctrl), from bulk statistics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from exporter.snapshot.need import Need
from exporter.snapshot.units import Field, values

if TYPE_CHECKING:
    from collections.abc import Mapping

MEMORY_BANDWIDTH = Need("memory-bandwidth")

_COUNT = "memory.bandwidth.monitor.count"


@dataclass(frozen=True, slots=True)
class MemoryBandwidth:
    """Bytes that a group of virtual CPUs moved through one memory controller."""

    monitor: str
    vcpus: str
    node: str
    local: float | None = None
    total: float | None = None

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> tuple[MemoryBandwidth, ...]:
        """Each node of each monitor in the domain's XML."""
        found = []
        for monitor in range(int(raw.get(_COUNT, 0))):
            prefix = f"memory.bandwidth.monitor.{monitor}."
            name, vcpus = str(raw.get(prefix + "name", "")), str(raw.get(prefix + "vcpus", ""))
            for index in range(int(raw.get(prefix + "node.count", 0))):
                node = f"{prefix}node.{index}."
                figures = values(raw, _MEMORY_BANDWIDTH, node)
                found.append(cls(name, vcpus, str(raw.get(node + "id", index)), **figures))
        return tuple(found)


_MEMORY_BANDWIDTH = (Field("local", "bytes.local"), Field("total", "bytes.total"))
