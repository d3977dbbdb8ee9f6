"""Backing chains of disks, from bulk statistics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from exporter.snapshot.need import Need
from exporter.snapshot.units import Field, values

if TYPE_CHECKING:
    from collections.abc import Mapping

BACKING_CHAINS = Need("backing-chains")


@dataclass(frozen=True, slots=True)
class Backing:
    """One image of a disk's backing chain, the topmost included; bytes. `index` is that of its <source>."""

    device: str
    index: str
    path: str
    read_bytes: float | None = None
    read_requests: float | None = None
    write_bytes: float | None = None
    write_requests: float | None = None
    allocation: float | None = None
    capacity: float | None = None
    physical: float | None = None

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> tuple[Backing, ...]:
        """Each image that has an index."""
        found = []
        for n in range(int(raw.get("block.count", 0))):
            prefix = f"block.{n}."
            device, index = raw.get(prefix + "name"), raw.get(prefix + "backingIndex")
            if device and index is not None:
                path = str(raw.get(prefix + "path", ""))
                found.append(cls(str(device), str(index), path, **values(raw, _BACKING, prefix)))
        return tuple(found)


_BACKING = (
    Field("read_bytes", "rd.bytes"),
    Field("read_requests", "rd.reqs"),
    Field("write_bytes", "wr.bytes"),
    Field("write_requests", "wr.reqs"),
    Field("allocation", "allocation"),
    Field("capacity", "capacity"),
    Field("physical", "physical"),
)
