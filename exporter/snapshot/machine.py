"""The machine the exporter runs on, as its kernel sees it: bytes and seconds, counters since boot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Pressure:
    """Pressure stall information: seconds some task, and all tasks at once, waited for a resource."""

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
    """`cpu` is seconds by mode over all CPUs; guests' time is part of user, as the kernel counts."""

    boot_time: float
    cpus: int
    load: tuple[float, float, float]
    cpu: Mapping[str, float]
    memory: Memory
    pressure: Mapping[str, Pressure]


@dataclass(frozen=True, slots=True)
class Disk:
    """A whole disk; partitions are not told apart."""

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
    """A writable file system on a disk, where it is mounted first."""

    mountpoint: str
    device: str
    type: str
    size: float
    free: float
    available: float


@dataclass(frozen=True, slots=True)
class Nic:
    """A network interface of the host; those made for guests are told with their domains."""

    device: str
    receive_bytes: float
    receive_packets: float
    receive_errors: float
    receive_drops: float
    transmit_bytes: float
    transmit_packets: float
    transmit_errors: float
    transmit_drops: float


def is_local(uri: str) -> bool:
    """Whether libvirt's URI names no other machine, so that the figures here are its host's."""
    return urlsplit(uri).hostname in (None, "localhost", "127.0.0.1", "::1")


def pressure(text: str) -> Pressure:
    """One file of /proc/pressure, whose totals are microseconds."""
    totals = {}
    for line in text.splitlines():
        kind, *fields = line.split()
        named = dict(field.split("=", 1) for field in fields)
        totals[kind] = int(named["total"]) / 1_000_000
    return Pressure(waiting=totals.get("some"), stalled=totals.get("full"))
