"""What was seen of one libvirt host at one moment: frozen values in base units; what was not said is None.

The constructors take libvirt's raw dictionaries (virConnectGetAllDomainStats, virDomainGetJobStats,
virDomainGetGuestInfo) and convert nanoseconds and milliseconds to seconds and KiB to bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from exporter.snapshot.history import NO_BACKUPS
from exporter.snapshot.job import Migrations
from exporter.snapshot.measurements import Measurements
from exporter.snapshot.units import KIB, NANOSECONDS, Field, values

if TYPE_CHECKING:
    from collections.abc import Mapping

    from exporter.snapshot.description import Description
    from exporter.snapshot.guest import Agent
    from exporter.snapshot.history import Backups, History
    from exporter.snapshot.job import Job
    from exporter.snapshot.machine import Disk, Filesystem, Machine, Nic
    from exporter.snapshot.network import Network
    from exporter.snapshot.node import Node
    from exporter.snapshot.process import Process
    from exporter.snapshot.storage import Pool, Volumes

    Raw = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Cpu:
    """Processor time of the whole domain, seconds."""

    time: float | None = None
    user: float | None = None
    system: float | None = None
    haltpoll_success: float | None = None
    haltpoll_fail: float | None = None
    online: float | None = None
    maximum: float | None = None

    @classmethod
    def read(cls, raw: Raw) -> Cpu:
        return cls(**values(raw, _CPU))


_CPU = (
    Field("time", "cpu.time", NANOSECONDS),
    Field("user", "cpu.user", NANOSECONDS),
    Field("system", "cpu.system", NANOSECONDS),
    Field("haltpoll_success", "cpu.haltpoll.success.time", NANOSECONDS),
    Field("haltpoll_fail", "cpu.haltpoll.fail.time", NANOSECONDS),
    Field("online", "vcpu.current"),
    Field("maximum", "vcpu.maximum"),
)


@dataclass(frozen=True, slots=True)
class Vcpu:
    """One virtual CPU; seconds. `delay` is the time it could run and waited for a host CPU: steal.

    `state` is virVcpuState's number: 0 is offline, 1 running, 2 blocked.
    """

    number: int
    state: float | None = None
    time: float | None = None
    wait: float | None = None
    delay: float | None = None
    halted: float | None = None

    @classmethod
    def read(cls, raw: Raw) -> tuple[Vcpu, ...]:
        """Every vCPU that has a state; the numbers of hot-unplugged ones are missing from the statistics."""
        numbers = range(int(raw.get("vcpu.maximum", 0)))
        present = (n for n in numbers if f"vcpu.{n}.state" in raw)
        return tuple(cls(n, **values(raw, _VCPU, f"vcpu.{n}.")) for n in present)


_VCPU = (
    Field("state", "state"),
    Field("time", "time", NANOSECONDS),
    Field("wait", "wait", NANOSECONDS),
    Field("delay", "delay", NANOSECONDS),
    Field("halted", "halted"),
)


@dataclass(frozen=True, slots=True)
class Memory:
    """Memory of the domain, bytes. All but current, maximum and rss come from the guest's balloon driver."""

    current: float | None = None
    maximum: float | None = None
    rss: float | None = None
    unused: float | None = None
    available: float | None = None
    usable: float | None = None
    disk_caches: float | None = None
    swap_in: float | None = None
    swap_out: float | None = None
    major_faults: float | None = None
    minor_faults: float | None = None
    hugetlb_allocations: float | None = None
    hugetlb_failures: float | None = None
    last_update: float | None = None

    @classmethod
    def read(cls, raw: Raw) -> Memory:
        found = values(raw, _BALLOON)
        if not found.get("last_update"):  # 0 until the guest's driver has answered for the first time
            found.pop("last_update", None)
        return cls(**found)


_BALLOON = (
    Field("current", "balloon.current", KIB),
    Field("maximum", "balloon.maximum", KIB),
    Field("rss", "balloon.rss", KIB),
    Field("unused", "balloon.unused", KIB),
    Field("available", "balloon.available", KIB),
    Field("usable", "balloon.usable", KIB),
    Field("disk_caches", "balloon.disk_caches", KIB),
    Field("swap_in", "balloon.swap_in", KIB),
    Field("swap_out", "balloon.swap_out", KIB),
    Field("major_faults", "balloon.major_fault"),
    Field("minor_faults", "balloon.minor_fault"),
    Field("hugetlb_allocations", "balloon.hugetlb_pgalloc"),
    Field("hugetlb_failures", "balloon.hugetlb_pgfail"),
    Field("last_update", "balloon.last-update"),
)


@dataclass(frozen=True, slots=True)
class Block:
    """One disk as the guest names it (vda); times in seconds, sizes in bytes."""

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
    def read(cls, raw: Raw) -> tuple[Block, ...]:
        """Every disk that has a name; without the BACKING flag a name stands once."""
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


@dataclass(frozen=True, slots=True)
class Interface:
    """One network interface by its name on the host (vnet0); receive is towards the guest."""

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
    def read(cls, raw: Raw) -> tuple[Interface, ...]:
        """Every interface that has a name; user-mode ones have neither name nor statistics."""
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


@dataclass(frozen=True, slots=True)
class Domain:
    """One domain. `fresh` tells whether everything asked for was answered in this collection."""

    uuid: str
    name: str
    active: bool
    state: int | None = None
    reason: int | None = None
    fresh: bool = True
    autostart: bool | None = None
    persistent: bool | None = None
    cpu: Cpu = Cpu()
    vcpus: tuple[Vcpu, ...] = ()
    memory: Memory = Memory()
    blocks: tuple[Block, ...] = ()
    interfaces: tuple[Interface, ...] = ()
    measured: Measurements = field(default_factory=Measurements)
    description: Description | None = None
    job: Job | None = None
    agent: Agent | None = None


def statistics(raw: Raw) -> dict[str, Any]:
    """The parts of a Domain that stand in its bulk statistics, as keyword arguments for it."""
    return {
        "cpu": Cpu.read(raw),
        "vcpus": Vcpu.read(raw),
        "memory": Memory.read(raw),
        "blocks": Block.read(raw),
        "interfaces": Interface.read(raw),
        "measured": Measurements(raw),
    }


def without_times(raw: Raw) -> Raw:
    """Incomplete statistics without the times of processes, which may not be the domain's.

    Libvirt reads them of the host's kernel: 0 for a process that is about to end, and its own for a domain
    whose process does not exist yet. No counter may rise and fall for that.
    """
    return {key: value for key, value in raw.items() if not key.endswith(_TIMES)}


_TIMES = (".time", ".user", ".system", ".wait", ".delay")


def is_complete(raw: Raw, *, balloon: bool = True) -> bool:
    """Whether an active QEMU domain's statistics are whole.

    Asked not to wait, libvirt leaves out what only the monitor knows when somebody else holds it: the size of
    the process and every block counter. The rest it still gives. `balloon`: whether this group was asked.
    """
    asked_balloon = balloon and "balloon.current" in raw
    blocks = range(int(raw.get("block.count", 0)))
    counted = any(f"block.{n}.rd.reqs" in raw for n in blocks) if blocks else True
    return counted and ("balloon.rss" in raw or not asked_balloon)


@dataclass(frozen=True, slots=True)
class Connection:
    """The way to libvirt. `stuck` counts the statistics connections whose call has not come back in time."""

    uri: str
    up: bool
    opened: int = 0
    connections: int = 0
    stuck: int = 0
    library_version: str | None = None
    daemon_version: str | None = None
    hypervisor: str | None = None
    hypervisor_version: str | None = None
    hostname: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """Something read beside the domains; `updated` is the Unix time of the last, None until there is one."""

    name: str
    updated: float | None
    failures: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One libvirt host."""

    connection: Connection
    domains: tuple[Domain, ...] = ()
    migrations: Migrations = field(default_factory=Migrations)
    backups: Backups = NO_BACKUPS
    history: History | None = None
    checkpoint_sizes: Mapping[str, float] = field(
        default_factory=dict
    )  # by UUID; since the newest checkpoint
    node: Node | None = None
    pools: tuple[Pool, ...] = ()
    volumes: Volumes | None = None
    networks: tuple[Network, ...] = ()
    machine: Machine | None = None
    disks: tuple[Disk, ...] = ()
    filesystems: tuple[Filesystem, ...] = ()
    nics: tuple[Nic, ...] = ()
    processes: tuple[Process, ...] = ()
    readings: tuple[Reading, ...] = ()


def version(number: int) -> str:
    """A version of libvirt or its hypervisor: 9000001 is 9.0.1."""
    return f"{number // 1_000_000}.{number // 1_000 % 1_000}.{number % 1_000}"
