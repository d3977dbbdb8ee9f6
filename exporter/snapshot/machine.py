"""The machine that the exporter runs on, as its kernel reports it; bytes, seconds, counters since boot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from exporter.snapshot.need import Reading

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Pressure:
    """Pressure stall information: seconds in which some, or all, tasks waited for a resource."""

    waiting: float | None = None
    stalled: float | None = None


@dataclass(frozen=True, slots=True)
class Memory:
    """Memory and swap, bytes."""

    total: float
    available: float
    free: float
    buffers: float
    cached: float
    swap_total: float
    swap_free: float
    swap_in: float
    swap_out: float


@dataclass(frozen=True, slots=True)
class Machine:
    """CPUs, memory and load. `cpu` is seconds by mode over all CPUs; `user` includes `guest`."""

    boot_time: float
    cpus: int
    load: tuple[float, float, float]
    cpu: Mapping[str, float]
    memory: Memory
    pressure: Mapping[str, Pressure]


@dataclass(frozen=True, slots=True)
class Disk:
    """A whole disk, all of its partitions together; times in seconds."""

    device: str
    read_bytes: float
    read_requests: float
    read_time: float
    write_bytes: float
    write_requests: float
    write_time: float
    busy_time: float


@dataclass(frozen=True, slots=True)
class Filesystem:
    """A writable file system on a disk, at its first mount point."""

    mountpoint: str
    device: str
    type: str
    size: float
    free: float
    available: float


@dataclass(frozen=True, slots=True)
class Nic:
    """A network interface of the host; not one that libvirt created for a guest."""

    device: str
    receive_bytes: float
    receive_packets: float
    receive_errors: float
    receive_drops: float
    transmit_bytes: float
    transmit_packets: float
    transmit_errors: float
    transmit_drops: float


MACHINE: Reading[Machine] = Reading("machine")
DISKS: Reading[tuple[Disk, ...]] = Reading("disks")
FILESYSTEMS: Reading[tuple[Filesystem, ...]] = Reading("filesystems")
NICS: Reading[tuple[Nic, ...]] = Reading("nics")


def is_local(uri: str) -> bool:
    """Whether a libvirt URI refers to this machine."""
    return urlsplit(uri).hostname in (None, "localhost", "127.0.0.1", "::1")


def pressure(text: str) -> Pressure:
    """From a file of /proc/pressure, which counts microseconds."""
    totals = {}
    for line in text.splitlines():
        kind, *fields = line.split()
        named = dict(field.split("=", 1) for field in fields)
        totals[kind] = int(named["total"]) / 1_000_000
    return Pressure(waiting=totals.get("some"), stalled=totals.get("full"))
