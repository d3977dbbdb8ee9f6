"""Disks of domains, from bulk statistics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from exporter.snapshot.need import Need
from exporter.snapshot.units import NANOSECONDS, Field, values

if TYPE_CHECKING:
    from collections.abc import Mapping

BLOCK = Need("block")


@dataclass(frozen=True, slots=True)
class Block:
    """One disk by its name in the guest (vda); times in seconds, sizes in bytes."""

    device: str
    read_bytes: float | None = None
    read_requests: float | None = None
    read_time: float | None = None
    write_bytes: float | None = None
    write_requests: float | None = None
    write_time: float | None = None
    flush_requests: float | None = None
    flush_time: float | None = None
    allocation: float | None = None
    capacity: float | None = None
    physical: float | None = None
    threshold: float | None = None
    errors: float | None = None

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> tuple[Block, ...]:
        """Each disk that has a name; of a backing chain, the topmost image."""
        found = {}
        for n in range(int(raw.get("block.count", 0))):
            device = raw.get(f"block.{n}.name")
            if device and device not in found:
                found[device] = cls(str(device), **values(raw, _BLOCK, f"block.{n}."))
        return tuple(found.values())


_BLOCK = (
    Field("read_bytes", "rd.bytes"),
    Field("read_requests", "rd.reqs"),
    Field("read_time", "rd.times", NANOSECONDS),
    Field("write_bytes", "wr.bytes"),
    Field("write_requests", "wr.reqs"),
    Field("write_time", "wr.times", NANOSECONDS),
    Field("flush_requests", "fl.reqs"),
    Field("flush_time", "fl.times", NANOSECONDS),
    Field("allocation", "allocation"),
    Field("capacity", "capacity"),
    Field("physical", "physical"),
    Field("threshold", "threshold"),
    Field("errors", "errors"),
)
