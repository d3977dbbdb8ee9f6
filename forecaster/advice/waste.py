"""Adviser: what is paid for and not used: VMs that do nothing, volumes without a VM, old snapshots.

What is merely too large is a matter of sizes. A VM that works one day a month is not idle: all that is known
of its past counts, and at least two weeks must be.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from exporter.metric import Kind, Metric
from forecaster.advice.finding import Column
from forecaster.advice.output import Advice, Output, adviser
from forecaster.advice.wording import amount, named, rough

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from forecaster.series.labels import Labels
    from forecaster.view.inventory import Inventory
    from forecaster.view.rollups import Rollups
    from forecaster.view.view import Fresh

    Hours = NDArray[np.float32]
    Flags = NDArray[np.bool_]

KINDS = ZOMBIE, IDLE, ORPHANS, SNAPSHOT = ("zombie", "idle", "orphan_volumes", "old_snapshot")
LEAST = 14 * 24  # hours that must have been seen
USUAL, EVER = 0.03, 0.1
"""Share of its CPUs that an idle VM uses at most, in 95 % of the hours and in any hour: a guest without work
needs 0.5 to 2 %, and updates or a rotation of logs a few times that for some minutes."""
TRAFFIC = 1_000  # bytes a second, mean of an hour: ARP, DHCP and monitoring are a few hundred
WRITES = 20_000  # bytes a second: logs of a guest without work
SILENT = 1.0  # bytes a second: nobody talks to it
OLD_DAYS, DAY = 30, 86_400  # of a snapshot; seconds
LARGE = 10 * (1 << 30)  # bytes of orphan volumes from which on they matter: as the alert on them


@dataclass(frozen=True)
class Waste:
    """One thing that is not used: its kind, what it holds (None = not known), and the evidence."""

    labels: Labels
    kind: str
    cpus: float | None
    bytes: float | None
    reason: str

    @property
    def order(self) -> tuple[int, float]:
        """By kind, the largest first."""
        return KINDS.index(self.kind), -(self.bytes or 0.0)

    def held(self) -> str:
        """What it holds, in words."""
        parts = [f"{self.cpus:.3g} vCPU{'' if self.cpus == 1 else 's'}"] if self.cpus else []
        return ", ".join([*parts, *([amount(self.bytes, "bytes")] if self.bytes else [])])


def advised(fresh: Fresh) -> Sequence[Waste]:
    """All of it, by kind."""
    return wasted(fresh.view.rollups, fresh.inventory)


@lru_cache(maxsize=2)
def wasted(rollups: Rollups, inventory: Inventory) -> tuple[Waste, ...]:
    """From the past and the inventory alone."""
    found = [*_idle(rollups, inventory), *_orphans(inventory), *_snapshots(inventory)]
    return tuple(sorted(found, key=lambda each: (*each.order, each.labels)))


def _idle(rollups: Rollups, inventory: Inventory) -> Iterator[Waste]:
    keys = [(vm.instance, vm.domain) for vm in inventory.vms]
    cpu, network, disk = (rollups[name].of_vms(keys).mean for name in ("vm_cpu", "vm_network", "vm_disk"))
    if not all(len(hours) >= LEAST for hours in (cpu, network)):
        return
    calm = _below(cpu, USUAL) & (_highest(cpu) <= EVER) & _below(network, TRAFFIC)
    calm &= _below(disk, WRITES) if len(disk) else True
    silent = _below(network, SILENT)
    for at in np.flatnonzero(calm):
        vm = inventory.vms[int(at)]
        days = int(np.isfinite(cpu[:, at]).sum()) // 24
        share = amount(float(np.nanmax(cpu[:, at])), "ratio")
        traffic = amount(float(np.nanmax(network[:, at])), "bytes per second")
        yield Waste(
            (("domain", vm.domain), ("instance", vm.instance)),
            ZOMBIE if silent[at] else IDLE,
            vm.virtual_cpus,
            vm.maximum_memory_bytes,
            f"in {days} days no hour with more than {share} of its CPUs, or {traffic} of network",
        )


def _below(hours: Hours, most: float) -> Flags:
    """Whether two weeks of hours are known, and 95 % of what is known is at most this."""
    known = np.isfinite(hours).sum(axis=0)
    low = (hours <= most).sum(axis=0)
    found: Flags = (known >= LEAST) & (low >= 0.95 * known)
    return found


def _highest(hours: Hours) -> NDArray[np.float32]:
    found: NDArray[np.float32] = np.where(np.isnan(hours), -np.inf, hours).max(axis=0, initial=-np.inf)
    return found


def _orphans(inventory: Inventory) -> Iterator[Waste]:
    for pool in inventory.pools:
        if pool.orphan_bytes is not None and pool.orphan_bytes >= LARGE:
            labels = (("instance", pool.instance), ("pool", pool.pool))
            yield Waste(labels, ORPHANS, None, pool.orphan_bytes, "volumes that no VM of the host uses")


def _snapshots(inventory: Inventory) -> Iterator[Waste]:
    for vm in inventory.vms:
        age = inventory.at - (vm.oldest_snapshot or inventory.at)
        if vm.snapshots and age >= OLD_DAYS * DAY:
            labels = (("domain", vm.domain), ("instance", vm.instance))
            reason = (
                f"snapshots: {vm.snapshots:.0f}, the oldest is {rough(age)} old; they keep what was changed"
            )
            yield Waste(labels, SNAPSHOT, None, None, reason)


INFO = Metric(
    "virtcast_efficiency_waste_info",
    Kind.GAUGE,
    "What is paid for and not used: zombie (an idle VM without any traffic), idle, orphan_volumes, or"
    " old_snapshot; always 1.",
    ("kind",),
)
ADVISER = adviser(
    "waste",
    "Not used",
    Advice(
        "/api/v1/waste",
        "VMs that do nothing, volumes without a VM, old snapshots.",
        advised,
        lambda of: of.labels,
        (
            Output("of", "text", "What.", lambda of: named(of.labels), column=Column("What", about=True)),
            Output(
                "kind",
                "text",
                "zombie, idle, orphan_volumes, or old_snapshot.",
                lambda of: of.kind,
                INFO,
                Column("Kind", whole=True),
            ),
            Output("cpus", "number", "Virtual CPUs that it holds.", lambda of: of.cpus),
            Output("bytes", "number", "Memory or storage that it holds.", lambda of: of.bytes),
            Output("held", "text", "In words.", Waste.held, column=Column("Holds", number=True)),
            Output("reason", "text", "The evidence.", lambda of: of.reason, column=Column("Why")),
        ),
    ),
    nothing="Nothing, as far as at least two weeks tell.",
)
