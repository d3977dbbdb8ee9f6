"""Storage pools and their volumes as libvirt last saw them; sizes in bytes."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree import ElementTree as ET

# virStoragePoolState
STATES = ("inactive", "building", "running", "degraded", "inaccessible")


@dataclass(frozen=True, slots=True)
class Pool:
    """A storage pool. The sizes are of its last refresh, by whoever; a pool that is not active has none."""

    name: str
    state: int
    autostart: bool
    capacity: float | None = None
    allocation: float | None = None
    available: float | None = None
    uuid: str = ""
    type: str = ""
    path: str = ""
    source: str = ""

    @classmethod
    def read(cls, xml: str, info: tuple[int, int, int, int], *, active: bool, autostart: bool) -> Pool:
        """`info` is virStoragePoolGetInfo's: state, capacity, allocation, available."""
        root = ET.fromstring(xml)  # noqa: S314 (libvirt's own XML, which expands no entities)
        state, capacity, allocation, available = info
        known = active and capacity > 0
        return cls(
            root.findtext("name", ""), state, autostart,
            capacity=capacity if known else None,
            allocation=allocation if known else None,
            available=available if known else None,
            uuid=root.findtext("uuid", ""), type=root.get("type", ""),
            path=root.findtext("target/path", ""), source=root.findtext("source/name", ""),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Volume:
    """A volume: what it may take and what it takes."""

    pool: str
    name: str
    capacity: float
    allocation: float


@dataclass(frozen=True, slots=True)
class Volumes:
    """The volumes that are shown, and how many more there are."""

    shown: tuple[Volume, ...] = ()
    left_out: int = 0
