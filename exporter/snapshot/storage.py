"""Storage pools and volumes as of libvirt's last refresh, and the file systems of pools; in bytes."""

from __future__ import annotations

from dataclasses import dataclass

from exporter.snapshot.need import Reading
from exporter.snapshot.parsed import required

# virStoragePoolState, by number
STATES = ("inactive", "building", "running", "degraded", "inaccessible")


@dataclass(frozen=True, slots=True)
class Pool:
    """A storage pool; one that is not active has no sizes."""

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
        """`info` is that of virStoragePoolGetInfo: state, capacity, allocation, available."""
        root = required(xml)
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
class PoolFilesystem:
    """The file system with a pool's folder, as it is now; `available` is for unprivileged programs."""

    pool: str
    size: float
    free: float
    available: float


@dataclass(frozen=True, slots=True)
class Volume:
    """A storage volume."""

    pool: str
    name: str
    capacity: float
    allocation: float


@dataclass(frozen=True, slots=True)
class Volumes:
    """The volumes up to the limit, and the number of those beyond it."""

    shown: tuple[Volume, ...] = ()
    left_out: int = 0


POOLS: Reading[tuple[Pool, ...]] = Reading("pools")
POOL_FILESYSTEMS: Reading[tuple[PoolFilesystem, ...]] = Reading("pool_filesystems")
VOLUMES: Reading[Volumes] = Reading("volumes")
