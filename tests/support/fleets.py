"""Seeded fleets of VMs whose truth is known: what each VM is, and what it demands in the 30 days after.

Hours of 58 days; advice sees the first 28. Demand is drawn by kind of VM, as an operator would name it:
steady, daily, weekly, bursty, growing, batch (one day a week), quiet (traffic, but hardly any CPU time),
idle.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from forecaster.config.prices import Prices
from forecaster.view.inventory import Disk, FileSystem, Host, Inventory, Migration, Pool, ThinPool, Vm
from forecaster.view.rollups import STEPS_KEPT, Rollup, Rollups

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

START = 1_798_416_000  # a Monday, 00:00 UTC
HOUR, DAY = 3600, 24
SEEN, AFTER = 28, 30  # days
GIB = float(1 << 30)
KINDS = ("steady", "daily", "weekly", "bursty", "growing", "batch", "quiet", "idle")
SHARES = (0.22, 0.2, 0.1, 0.14, 0.08, 0.08, 0.08, 0.1)
SIZES = (1, 2, 4, 8, 16)  # virtual CPUs
PRICES = Prices(vcpu_hour=0.01, memory_gib_hour=0.002, storage_gib_month=0.05)
PER_HOST = 25  # VMs


class Hourly(NamedTuple):
    """Mean and peak of each hour (k, n)."""

    mean: Floats
    peak: Floats

    def first(self, hours: int) -> Hourly:
        """The first hours."""
        return Hourly(self.mean[:hours], self.peak[:hours])


@dataclass(frozen=True)
class Fleet:
    """`kinds` (n,); cpu in virtual CPUs, memory in bytes: what the VMs demand, all 58 days."""

    inventory: Inventory
    rollups: Rollups
    steps: Rollups
    kinds: tuple[str, ...]
    cpu: Hourly
    memory: Hourly

    @property
    def now(self) -> int:
        """The end of what is seen, Unix seconds."""
        return START + SEEN * DAY * HOUR


def fleet(seed: int, vms: int = 60, seen: int = SEEN) -> Fleet:
    """A fleet of so many VMs; advice sees `seen` days."""
    rng = np.random.default_rng(seed)
    kinds = tuple(str(each) for each in rng.choice(KINDS, vms, p=SHARES))
    cpus = rng.choice(SIZES, vms).astype(np.float64)
    memory: Floats = np.asarray(GIB * 2.0 ** rng.integers(1, 6, vms), dtype=np.float64)
    hours = (SEEN + AFTER) * DAY
    cpu = _demand(rng, kinds, hours, rng.uniform(0.05, 0.6, vms), 0.12)
    used = _demand(rng, kinds, hours, rng.uniform(0.2, 0.7, vms), 0.03)
    active = np.array([kind != "idle" for kind in kinds])
    traffic = np.where(active, 10 ** rng.uniform(4, 7, vms), 10 ** rng.uniform(0, 2.5, vms))
    network = traffic * rng.lognormal(0, 0.5, (hours, vms))
    disk = network.copy()
    disk[(seen - 7) * DAY :, active & (np.arange(vms) % 9 == 0)] *= 5  # a new job, a week ago
    names: list[tuple[str, ...]] = [(f"host-{at // PER_HOST:03}:9177", f"vm-{at:05}") for at in range(vms)]
    known = seen * DAY
    tables = {
        "vm_cpu": _rollup(names, cpu.first(known)),
        "vm_memory": _rollup(names, used.first(known)),
        "vm_network": _rollup(names, Hourly(network, 2 * network).first(known)),
        "vm_disk": _rollup(names, Hourly(disk, 3 * disk).first(known)),
        **_hosts(names, cpus, memory, cpu.first(known), used.first(known)),
        **_storage(names, known),
    }
    return Fleet(
        _inventory(names, cpus, memory, known),
        Rollups(HOUR, tables),
        _steps(rng, names),
        kinds,
        Hourly(cpu.mean * cpus, cpu.peak * cpus),
        Hourly(used.mean * memory, used.peak * memory),
    )


def _demand(
    rng: np.random.Generator, kinds: tuple[str, ...], hours: int, level: Floats, noise: float
) -> Hourly:
    """Shares of what the VMs have, by kind, around `level` (n,)."""
    time = np.arange(hours)
    day = np.clip(np.sin(2 * np.pi * (time % DAY - 8) / DAY), 0, None)
    workday = (time // DAY % 7 < 5).astype(float)
    columns = []
    for kind, base in zip(kinds, level, strict=True):
        ground = np.ones(hours)
        if kind == "daily":
            ground = 0.3 + 0.7 * day
        elif kind == "weekly":
            ground = 0.3 + 0.7 * day * workday
        elif kind == "bursty":
            ground = 0.3 + (rng.random(hours) < 0.02) * rng.uniform(0.3, 1, hours)
        elif kind == "growing":
            ground = 0.6 + 0.4 * time / hours
        elif kind == "batch":
            ground = 0.02 + 0.98 * ((time // DAY % 7 == 6) & (time % DAY < 5))
        elif kind in {"quiet", "idle"}:
            ground = np.full(hours, rng.uniform(0.005, 0.02)) / base
            ground[time % DAY == rng.integers(DAY)] *= 3  # updates, rotation of logs
        columns.append(base * ground * rng.lognormal(0, noise, hours))
    mean = np.clip(np.stack(columns, axis=1), 0.0, 1.0)
    peak = np.clip(mean * (1 + np.abs(rng.normal(0, noise, mean.shape))), 0.0, 1.0)
    return Hourly(mean, peak)


def _steps(rng: np.random.Generator, names: list[tuple[str, ...]]) -> Rollups:
    """The last day: on the first host the first VM took the CPUs of the others for half an hour."""
    shape = STEPS_KEPT, len(names)
    use, steal = rng.uniform(0.1, 0.2, shape), rng.uniform(0.0, 0.01, shape)
    use[-6:, 0] = 0.95
    steal[-6:, : min(PER_HOST, len(names))] += 0.1
    ends = 300 * np.arange(1, STEPS_KEPT + 1)
    tables = {}
    for name, part in (("cpu", use), ("steal", steal)):
        table = part.astype(np.float32)
        tables[name] = Rollup(tuple(names), ends, table, table)
    return Rollups(300, tables)


def _rollup(labels: list[tuple[str, ...]], hours: Hourly) -> Rollup:
    ends = START + HOUR * np.arange(1, len(hours.mean) + 1)
    return Rollup(tuple(labels), ends, hours.mean.astype(np.float32), hours.peak.astype(np.float32))


def _hosts(
    names: list[tuple[str, ...]], cpus: Floats, memory: Floats, cpu: Hourly, used: Hourly
) -> dict[str, Rollup]:
    """What the hosts use: the sum of their VMs, with as many CPUs and as much memory as `_inventory` says."""
    hosts = sorted({name[0] for name in names})
    member = np.array([[name[0] == host for host in hosts] for name in names], dtype=float)

    def shared(of: Hourly, size: Floats, given: Floats) -> Hourly:
        total = given @ member * CAPACITY
        return Hourly(
            np.clip(of.mean * size @ member / total, 0, 1), np.clip(of.peak * size @ member / total, 0, 1)
        )

    keys: list[tuple[str, ...]] = [(host,) for host in hosts]
    return {
        "host_cpu": _rollup(keys, shared(cpu, cpus, cpus)),
        "host_memory": _rollup(keys, shared(used, memory, memory)),
    }


CAPACITY = 0.8  # of a host beside what its VMs were promised


def _inventory(names: list[tuple[str, ...]], cpus: Floats, memory: Floats, hours: int) -> Inventory:
    hosts = sorted({name[0] for name in names})
    member = np.array([[name[0] == host for host in hosts] for name in names], dtype=float)
    vms = tuple(
        Vm(
            name[0],
            name[1],
            "libvirt",
            state="running",
            virtual_cpus=float(cpus[at]),
            maximum_memory_bytes=float(memory[at]),
            owner=("shop", "search", "billing")[at % 3],
            dirty_bytes_per_second=(1e6, 9e7, None)[at % 3],
            snapshots=float(at % 7 == 0),
            oldest_snapshot=float(START) if at % 7 == 0 else None,
            disks=(_disk(name[1], at),),
            filesystems=(FileSystem("/", "vda1", 0.95 * DISK, 0.25 * DISK),),
        )
        for at, name in enumerate(names)
    )
    return Inventory(
        START + hours * HOUR,
        vms,
        tuple(
            Host(host, "libvirt", cpus=float(cpu), memory_bytes=float(given))
            for host, cpu, given in zip(
                hosts, CAPACITY * cpus @ member, CAPACITY * memory @ member, strict=True
            )
        ),
        tuple(
            Pool(host, "default", "libvirt", "dir", IMAGES, 2e12, 1e12, orphan_bytes=2e11) for host in hosts
        ),
        migrations=_migrations(hosts),
        thin_pools=tuple(ThinPool(host, "vg", "thin", 1e12, 1.5e12, 0.6) for host in hosts),
    )


def paired(past: Rollups) -> Rollups:
    """Two VMs move together: the traffic of the last one is that of the one before, two hours later."""
    of = past["vm_network"]
    mean = of.mean.copy()
    mean[:, -1] = np.roll(mean[:, -2], 2)
    return past.having("vm_network", Rollup(of.labels, of.ends, mean, mean))


IMAGES = "/var/lib/libvirt/images"
DISK = 100 * GIB  # of each VM


def _disk(name: str, at: int) -> Disk:
    """Those of VMs with snapshots have chains."""
    chain = (1.0 if at % 7 == 0 else 0.4) * DISK
    return Disk("vda", "file", f"{IMAGES}/{name}.qcow2", "", "", "", DISK, 0.4 * DISK, chain)


def _storage(names: list[tuple[str, ...]], hours: int) -> dict[str, Rollup]:
    """Disk images, of which those with snapshots grow by 1.5 % a day, file systems, and thin pools."""
    days = np.arange(hours)[:, None] / DAY
    snapped = np.arange(len(names)) % 7 == 0
    images = 0.2 + np.where(snapped, 0.015, 0.001) * days
    hosts = sorted({name[0] for name in names})
    parts: list[tuple[str, ...]] = [
        (host, "vg", "thin", part) for host in hosts for part in ("data", "metadata")
    ]
    kept = np.ones((hours, 2 * len(names)))
    kept[5, 4::14] = 0.0  # some VMs were down for an hour, or had slow disks
    objectives: list[tuple[str, ...]] = [(*name, of) for name in names for of in ("availability", "latency")]
    thin = np.tile([0.3, 0.1], len(hosts)) + 0.01 * days
    return {
        "vm_disk_allocation": _rollup([(*name, "vda") for name in names], Hourly(images, images)),
        "vm_filesystem": _rollup([(*name, "/") for name in names], Hourly(0.6 * images, 0.6 * images)),
        "vm_objective": _rollup(objectives, Hourly(kept, kept)),
        "thin_pool": _rollup(parts, Hourly(thin, thin)),
    }


def _migrations(hosts: list[str]) -> tuple[Migration, ...]:
    """A VM that no longer is in the fleet went from each host to the next."""
    figures = {
        "ended": START - 60.0,
        "seconds": 42.0,
        "downtime": 0.2,
        "transferred_bytes": 4.0e9,
        "memory_bytes": 8.0e9,
        "constant_bytes": 4.5e9,
        "bytes_per_second": 1.0e8,
    }
    targets = [*hosts[1:], hosts[0]]
    return tuple(
        Migration(host, f"from-{source}", direction, **figures)
        for source, target in zip(hosts, targets, strict=True)
        for host, direction in ((source, "outgoing"), (target, "incoming"))
    )
