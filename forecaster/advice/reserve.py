"""Adviser: what hosts have promised the VMs that are on, and what does not fit on the others of their cluster
if a host dies.

A VM needs room for its peak at each hour of a week: two VMs that are busy at different hours share CPUs. The
largest VM is placed first, each on the host with the most room left. A better packing may exist: a VM is
rather reported than forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from exporter.metric import Kind, Metric
from forecaster.advice.clusters import OTHERS
from forecaster.advice.finding import Column
from forecaster.advice.output import Advice, Output, adviser
from forecaster.advice.wording import figure, named, shown
from forecaster.view.used import CPU, used
from forecaster.view.used import MEMORY as OF_MEMORY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from forecaster.series.labels import Labels
    from forecaster.view.inventory import Host, Inventory, Vm
    from forecaster.view.rollups import Rollups
    from forecaster.view.view import Fresh

    Floats = NDArray[np.float64]

WEEK = 7 * 24  # hours
NAMED = 5  # VMs that a sentence names
FULL = 0.9  # share of a host's CPUs and memory that may be used after another one has died


@dataclass(frozen=True)
class Reserve:
    """One host: what it promised its VMs, per unit that it has, and which of them would be homeless."""

    labels: Labels
    vms: int
    cpus: float | None  # promised per CPU
    memory: float | None  # promised per byte
    homeless: tuple[str, ...] | None  # None: not known

    def text(self) -> str:
        """Which VMs do not fit elsewhere."""
        if self.homeless is None:
            return "not known: too little history, a single host, or one of unknown size in its cluster"
        if not self.homeless:
            return "all fit on the other hosts"
        more = f" and {len(self.homeless) - NAMED} more" if len(self.homeless) > NAMED else ""
        return f"no room for {', '.join(map(shown, self.homeless[:NAMED]))}{more}"

    @property
    def order(self) -> tuple[int, float]:
        """Hosts whose loss hurts most, first."""
        return -len(self.homeless or ()), -(self.memory or 0.0)


def advised(fresh: Fresh) -> Sequence[Reserve]:
    """All hosts."""
    return reserves(fresh.view.rollups, fresh.inventory)


class Loads(NamedTuple):
    """Peaks at each hour of a week (168, n): CPUs and bytes of VMs; what is free of hosts."""

    cpu: Floats
    memory: Floats


@lru_cache(maxsize=2)
def reserves(rollups: Rollups, inventory: Inventory) -> tuple[Reserve, ...]:
    """From the past and the inventory alone: of the hosts of VMs, each within its cluster.

    A target that has neither VMs nor a size is none of them: node_exporter runs on other machines, too.
    """
    vms: dict[str, list[int]] = {}  # places of those that are on, by host
    for at, vm in enumerate(inventory.vms):
        if vm.on:
            vms.setdefault(vm.instance, []).append(at)
    clusters: dict[str, list[int]] = {}
    for at, host in enumerate(inventory.hosts):
        if _sized(host) or host.instance in vms:
            clusters.setdefault(host.cluster or OTHERS, []).append(at)
    needed, free = _loads(rollups, inventory.vms), _free(rollups, inventory.hosts)
    found = []
    for members in clusters.values():
        known = len(members) > 1 and all(_sized(inventory.hosts[at]) for at in members)
        for at in members:
            host = inventory.hosts[at]
            mine = vms.get(host.instance, [])
            homeless = None
            if known and needed is not None and free is not None:
                names = [inventory.vms[vm].domain for vm in mine]
                others = [other for other in members if other != at]
                homeless = _homeless(names, _take(needed, mine), _take(free, others))
            found.append(_reserve(host, [inventory.vms[vm] for vm in mine], homeless))
    return tuple(sorted(found, key=lambda each: (*each.order, each.labels)))


def _sized(host: Host) -> bool:
    return bool(host.cpus and host.memory_bytes)


def _reserve(host: Host, vms: Sequence[Vm], homeless: tuple[str, ...] | None) -> Reserve:
    cpus = sum(vm.virtual_cpus or 0.0 for vm in vms)
    memory = sum(vm.maximum_memory_bytes or 0.0 for vm in vms)
    return Reserve(
        (("instance", host.instance),),
        len(vms),
        cpus / host.cpus if host.cpus else None,
        memory / host.memory_bytes if host.memory_bytes else None,
        homeless,
    )


def _take(loads: Loads, chosen: list[int]) -> Loads:
    return Loads(loads.cpu[:, chosen], loads.memory[:, chosen])


def _loads(rollups: Rollups, vms: Sequence[Vm]) -> Loads | None:
    """What VMs need, at most what they were promised, and all of that without figures. All VMs are given: a
    name that two of them have is none to follow over hosts.
    """
    cpus = np.array([vm.virtual_cpus or 0.0 for vm in vms])
    memory = np.array([vm.maximum_memory_bytes or 0.0 for vm in vms])
    cpu, held = (used(rollups, part, vms, WEEK).peak.astype(float) for part in (CPU, OF_MEMORY))
    if min(len(cpu), len(held)) < WEEK:
        return None
    return Loads(np.fmin(cpu, cpus), np.fmin(held, memory))


def _free(rollups: Rollups, hosts: Sequence[Host]) -> Loads | None:
    """What hosts have left at their own peaks; a host without figures has nothing."""
    keys = [(host.instance,) for host in hosts]
    cpus = np.array([host.cpus or 0.0 for host in hosts])
    memory = np.array([host.memory_bytes or 0.0 for host in hosts])
    cpu, held = rollups["host_cpu"].of(keys).peak, rollups["host_memory"].of(keys).peak
    if min(len(cpu), len(held)) < WEEK:
        return None
    return Loads((FULL - _week(cpu)) * cpus, (FULL - _week(held)) * memory)


def _week(peak: NDArray[np.float32]) -> Floats:
    """The last week, hour by hour; 1 where nothing is known."""
    found: Floats = np.nan_to_num(peak[-WEEK:].astype(float), nan=1.0)
    return found


def _homeless(names: list[str], vms: Loads, free: Loads) -> tuple[str, ...]:
    """The VMs that fit on no host at some hour, when the largest is placed first."""
    cpu, memory = free.cpu.copy(), free.memory.copy()
    found = []
    for at in sorted(range(len(names)), key=lambda place: -float(vms.memory[:, place].max(initial=0.0))):
        room = ((cpu - vms.cpu[:, [at]]).min(axis=0) >= 0) & ((memory - vms.memory[:, [at]]).min(axis=0) >= 0)
        if not room.any():
            found.append(names[at])
            continue
        best = int(np.where(room, memory.min(axis=0), -np.inf).argmax())
        cpu[:, best] -= vms.cpu[:, at]
        memory[:, best] -= vms.memory[:, at]
    return tuple(sorted(found))


def times(value: float | None) -> str:
    """For example: 2.5 times."""
    return "unknown" if value is None else f"{figure(value)} times"


CPUS = Metric(
    "virtcast_runway_overcommitted_cpus_ratio",
    Kind.GAUGE,
    "Virtual CPUs of a host's VMs per CPU of the host.",
    (),
    "ratio",
)
MEMORY = Metric(
    "virtcast_runway_overcommitted_memory_ratio",
    Kind.GAUGE,
    "Memory that a host's VMs can be given at most per byte that the host has.",
    (),
    "ratio",
)
HOMELESS = Metric(
    "virtcast_runway_homeless_domains",
    Kind.GAUGE,
    "Number of VMs for which the other hosts of the cluster have no room at some hour of a week if this host"
    " dies.",
)
ADVISER = adviser(
    "reserve",
    "If a host dies",
    Advice(
        "/api/v1/reserve",
        "What each host has promised its VMs that are on, and which of them the other hosts of its cluster "
        "have no room for.",
        advised,
        lambda of: of.labels,
        (
            Output(
                "host", "text", "The host.", lambda of: named(of.labels), column=Column("Host", about=True)
            ),
            Output(
                "vms", "count", "Its VMs that are on.", lambda of: of.vms, column=Column("VMs", number=True)
            ),
            Output(
                "cpus_promised",
                "number",
                "Virtual CPUs per CPU.",
                lambda of: of.cpus,
                CPUS,
                Column("CPUs promised", number=True),
                lambda of: times(of.cpus),
            ),
            Output(
                "memory_promised",
                "number",
                "Memory of its VMs per byte of its own.",
                lambda of: of.memory,
                MEMORY,
                Column("Memory promised", number=True),
                lambda of: times(of.memory),
            ),
            Output(
                "homeless",
                "texts or null",
                "The VMs without room elsewhere if the host dies; null if that is not known.",
                lambda of: of.homeless,
            ),
            Output(
                "homeless_count",
                "number",
                "Their number.",
                lambda of: None if of.homeless is None else len(of.homeless),
                HOMELESS,
            ),
            Output("text", "text", "In words.", Reserve.text, column=Column("Without it")),
        ),
    ),
    nothing="No host is known.",
)
