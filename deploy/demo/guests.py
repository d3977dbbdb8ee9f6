"""Who plays in the demo: each guest, where it starts, and its part."""

from __future__ import annotations

from dataclasses import dataclass

from lab import CpuCycle, CpuLoad, DirtyPages, Disk, Guest, NetworkTraffic, Workload

HOSTS = ("host-a", "host-b")
DATA = (Disk("data", size_mib=64),)


@dataclass(frozen=True, slots=True)
class Part:
    """A guest, the host it starts on, and what one should see it do."""

    host: str
    guest: Guest
    role: str


def _part(host: str, name: str, role: str, *loads: Workload, disks: tuple[Disk, ...] = ()) -> Part:
    return Part(host, Guest(name, memory_mib=96, workload=loads, disks=disks), role)


FILLING = "db-1"
LEAKING = "cache-1"
MOVING = "app-1"
BURSTING = "web-2"
MAINTAINED = "batch-1"
OWN_LIMIT = 0.8  # of the memory of the maintained guest, by its metadata
STEADY = ("web-1", "web-3", "idle-1")

PARTS = (
    _part("host-a", "web-1", "steady", CpuLoad(percent=10), NetworkTraffic(kib_per_second=64)),
    _part("host-a", FILLING, "its disk fills", CpuLoad(percent=5), disks=DATA),
    _part("host-a", MOVING, "migrates live", DirtyPages(mib_per_second=4)),
    _part("host-a", "idle-1", "idle"),
    _part("host-b", BURSTING, "CPU burst", CpuLoad(percent=10)),
    _part("host-b", LEAKING, "memory leak", CpuLoad(percent=5)),
    _part("host-b", "batch-1", "periodic", CpuCycle(low_percent=5, high_percent=25, period_seconds=120)),
    _part("host-b", "web-3", "steady", CpuLoad(percent=8)),
)
