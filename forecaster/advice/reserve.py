"""Adviser: what hosts have promised, and what does not fit on the others if a host dies.

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
from forecaster.advice.finding import Column
from forecaster.advice.output import Advice, Output, adviser
from forecaster.advice.wording import figure, named, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from forecaster.series.labels import Labels
    from forecaster.view.inventory import Inventory
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
            return "not known: too little history, or a single host"
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
    """From the past and the inventory alone."""
    hosts = [host for host in inventory.hosts if host.cpus and host.memory_bytes]
    vms = _loads(rollups, inventory)
    free = _free(rollups, inventory)
    known = vms is not None and free is not None and len(hosts) == len(inventory.hosts) > 1
    found = []
    for host in inventory.hosts:
        mine = [at for at, vm in enumerate(inventory.vms) if vm.instance == host.instance]
        cpus = sum(inventory.vms[at].virtual_cpus or 0.0 for at in mine)
        memory = sum(inventory.vms[at].maximum_memory_bytes or 0.0 for at in mine)
        homeless = None
        if known and vms is not None and free is not None:
            others = [at for at, other in enumerate(inventory.hosts) if other is not host]
            names = [inventory.vms[at].domain for at in mine]
            homeless = _homeless(names, _take(vms, mine), _take(free, others))
        found.append(
            Reserve(
                (("instance", host.instance),),
                len(mine),
                cpus / host.cpus if host.cpus else None,
                memory / host.memory_bytes if host.memory_bytes else None,
                homeless,
            )
        )
    return tuple(sorted(found, key=lambda each: (*each.order, each.labels)))


def _take(loads: Loads, chosen: list[int]) -> Loads:
    return Loads(loads.cpu[:, chosen], loads.memory[:, chosen])


def _loads(rollups: Rollups, inventory: Inventory) -> Loads | None:
    """What VMs need; a VM without figures needs all that it was promised."""
    keys = [(vm.instance, vm.domain) for vm in inventory.vms]
    cpus = np.array([vm.virtual_cpus or 0.0 for vm in inventory.vms])
    memory = np.array([vm.maximum_memory_bytes or 0.0 for vm in inventory.vms])
    cpu, used = rollups["vm_cpu"].of_vms(keys).peak, rollups["vm_memory"].of_vms(keys).peak
    if min(len(cpu), len(used)) < WEEK:
        return None
    return Loads(_week(cpu) * cpus, _week(used) * memory)


def _free(rollups: Rollups, inventory: Inventory) -> Loads | None:
    """What hosts have left at their own peaks; a host without figures has nothing."""
    keys = [(host.instance,) for host in inventory.hosts]
    cpus = np.array([host.cpus or 0.0 for host in inventory.hosts])
    memory = np.array([host.memory_bytes or 0.0 for host in inventory.hosts])
    cpu, used = rollups["host_cpu"].of(keys).peak, rollups["host_memory"].of(keys).peak
    if min(len(cpu), len(used)) < WEEK:
        return None
    return Loads((FULL - _week(cpu)) * cpus, (FULL - _week(used)) * memory)


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
    "Number of VMs for which the other hosts have no room at some hour of a week if this host dies.",
)
ADVISER = adviser(
    "reserve",
    "If a host dies",
    Advice(
        "/api/v1/reserve",
        "What each host has promised its VMs, and which of them the other hosts have no room for.",
        advised,
        lambda of: of.labels,
        (
            Output(
                "host", "text", "The host.", lambda of: named(of.labels), column=Column("Host", about=True)
            ),
            Output("vms", "count", "Its VMs.", lambda of: of.vms, column=Column("VMs", number=True)),
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
