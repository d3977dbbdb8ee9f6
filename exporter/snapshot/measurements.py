"""What libvirt's less common statistics groups say of a domain, in base units (virConnectGetAllDomainStats).

Times are nanoseconds and dirty rates mebibytes per second at the source.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from exporter.snapshot.kvm import Statistic, kvm_statistics
from exporter.snapshot.units import NANOSECONDS, Field, values

if TYPE_CHECKING:
    from collections.abc import Mapping

    Raw = Mapping[str, Any]

MIB = 1 / 1_048_576  # raw value / divisor = bytes
DIRTY_RATE_STATES = ("unstarted", "measuring", "measured")  # virDomainDirtyRateStatus, by number
_IOTHREAD_KEY = re.compile(r"iothread\.(\d+)\.")
_MONITOR_COUNT = "memory.bandwidth.monitor.count"


@dataclass(frozen=True, slots=True)
class Iothread:
    """Polling of one I/O thread: the longest time it polls, and by what it changes that time."""

    number: int
    poll_max: float | None = None
    poll_grow: float | None = None
    poll_shrink: float | None = None

    @classmethod
    def read(cls, raw: Raw) -> tuple[Iothread, ...]:
        """Every I/O thread, by its number, which need not begin at 1."""
        numbers = sorted({int(found[1]) for key in raw if (found := _IOTHREAD_KEY.match(key))})
        return tuple(cls(n, **values(raw, _IOTHREAD, f"iothread.{n}.")) for n in numbers)


_IOTHREAD = (
    Field("poll_max", "poll-max-ns", NANOSECONDS),
    Field("poll_grow", "poll-grow"),
    Field("poll_shrink", "poll-shrink"),
)


@dataclass(frozen=True, slots=True)
class Perf:
    """Perf events of the domain's process; only those enabled in its XML (or by virsh perf) have a value.

    The events mbmt and mbml are left out: libvirt gives them without the unit the kernel counts in.
    """

    cache_occupancy: float | None = None
    cpu_cycles: float | None = None
    ref_cpu_cycles: float | None = None
    bus_cycles: float | None = None
    stalled_cycles_frontend: float | None = None
    stalled_cycles_backend: float | None = None
    instructions: float | None = None
    cache_references: float | None = None
    cache_misses: float | None = None
    branch_instructions: float | None = None
    branch_misses: float | None = None
    cpu_clock: float | None = None
    task_clock: float | None = None
    page_faults: float | None = None
    page_faults_minor: float | None = None
    page_faults_major: float | None = None
    context_switches: float | None = None
    cpu_migrations: float | None = None
    alignment_faults: float | None = None
    emulation_faults: float | None = None

    @classmethod
    def read(cls, raw: Raw) -> Perf:
        return cls(**values(raw, _PERF, "perf."))


_RENAMED = {
    "cache_occupancy": Field("cache_occupancy", "cmt"),
    "page_faults_minor": Field("page_faults_minor", "page_faults_min"),
    "page_faults_major": Field("page_faults_major", "page_faults_maj"),
    "cpu_clock": Field("cpu_clock", "cpu_clock", NANOSECONDS),
    "task_clock": Field("task_clock", "task_clock", NANOSECONDS),
}
_PERF = tuple(_RENAMED.get(name, Field(name, name)) for name in Perf.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class DirtyRate:
    """The last measurement of how fast the guest writes to memory: bytes per second, seconds, Unix time."""

    status: str | None = None
    mode: str | None = None
    rate: float | None = None
    period: float | None = None
    started: float | None = None
    vcpus: tuple[tuple[int, float], ...] = ()

    @classmethod
    def read(cls, raw: Raw) -> DirtyRate:
        """Figures are given once there is a measurement; before, only its status."""
        number = int(raw.get("dirtyrate.calc_status", -1))
        status = dict(enumerate(DIRTY_RATE_STATES)).get(number)
        if status != "measured":
            return cls(status)
        prefix, suffix = "dirtyrate.vcpu.", ".megabytes_per_second"
        vcpus = sorted(
            (int(key.removeprefix(prefix).removesuffix(suffix)), value / MIB)
            for key, value in raw.items()
            if key.startswith(prefix) and key.endswith(suffix)
        )
        found = values(raw, _DIRTY_RATE, "dirtyrate.")
        return cls(status, raw.get("dirtyrate.calc_mode"), **found, vcpus=tuple(vcpus))


_DIRTY_RATE = (
    Field("rate", "megabytes_per_second", MIB),
    Field("period", "calc_period"),
    Field("started", "calc_start_time"),
)


@dataclass(frozen=True, slots=True)
class MemoryBandwidth:
    """Bytes that a group of vCPUs has moved through one memory controller, as resctrl counts them."""

    monitor: str
    vcpus: str
    node: str
    local: float | None = None
    total: float | None = None

    @classmethod
    def read(cls, raw: Raw) -> tuple[MemoryBandwidth, ...]:
        """Every node of every monitor the domain's XML asks for."""
        found = []
        for monitor in range(int(raw.get(_MONITOR_COUNT, 0))):
            prefix = f"memory.bandwidth.monitor.{monitor}."
            name, vcpus = str(raw.get(prefix + "name", "")), str(raw.get(prefix + "vcpus", ""))
            for index in range(int(raw.get(prefix + "node.count", 0))):
                node = f"{prefix}node.{index}."
                figures = values(raw, _MEMORY_BANDWIDTH, node)
                found.append(cls(name, vcpus, str(raw.get(node + "id", index)), **figures))
        return tuple(found)


_MEMORY_BANDWIDTH = (Field("local", "bytes.local"), Field("total", "bytes.total"))


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
    def read(cls, raw: Raw) -> tuple[Backing, ...]:
        """Every image libvirt gives an index."""
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


@dataclass(frozen=True, slots=True)
class Measurements:
    """All of the above for one domain, read from its bulk statistics only when somebody wants to know."""

    raw: Raw = field(default_factory=dict)

    @property
    def iothreads(self) -> tuple[Iothread, ...]:
        """I/O threads by number."""
        return Iothread.read(self.raw)

    @property
    def perf(self) -> Perf:
        """Perf events that are enabled."""
        return Perf.read(self.raw)

    @property
    def dirty_rate(self) -> DirtyRate:
        """The last measurement."""
        return DirtyRate.read(self.raw)

    @property
    def memory_bandwidth(self) -> tuple[MemoryBandwidth, ...]:
        """Monitors and their nodes."""
        return MemoryBandwidth.read(self.raw)

    @property
    def kvm(self) -> tuple[Statistic, ...]:
        """KVM's statistics."""
        return kvm_statistics(self.raw)

    @property
    def backing(self) -> tuple[Backing, ...]:
        """Images of backing chains."""
        return Backing.read(self.raw)
