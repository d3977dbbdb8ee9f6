"""Adviser: what is paid for and not used: VMs that do nothing, volumes without a VM, snapshots that are old
or make disk images grow.

What is merely too large is a matter of sizes. A VM that works one day a month is not idle: all that is known
of its past counts, and at least two weeks must be.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from exporter.metric import Kind, Metric
from forecaster.advice.days_left import levels
from forecaster.advice.demand import is_stated
from forecaster.advice.finding import Column
from forecaster.advice.growth import growth
from forecaster.advice.output import Advice, Output, adviser
from forecaster.advice.wording import amount, named, rough
from forecaster.view.rollups import SIZE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from forecaster.series.labels import Labels
    from forecaster.view.inventory import Inventory, Vm
    from forecaster.view.rollups import Rollup, Rollups
    from forecaster.view.view import Fresh

    Hours = NDArray[np.float32]
    Flags = NDArray[np.bool_]

KINDS = ZOMBIE, IDLE, ORPHANS, GROWING, SNAPSHOT = (
    "zombie",
    "idle",
    "orphan_volumes",
    "growing_snapshot",
    "old_snapshot",
)
LEAST = 14 * 24  # hours that must have been seen
USUAL, EVER = 0.03, 0.1
"""Share of its CPUs that an idle VM uses at most, in 95 % of the hours and in any hour: a guest without work
needs 0.5 to 2 %, and updates or a rotation of logs a few times that for some minutes."""
TRAFFIC = 1_000  # bytes a second, mean of an hour: ARP, DHCP and monitoring are a few hundred
WRITES = 20_000  # bytes a second: logs of a guest without work
SILENT = 1.0  # bytes a second: nobody talks to it
LEAST_DAYS = 2  # changes from day to day that must be known since the snapshot
OLD_DAYS, DAY = 30, 86_400  # of a snapshot; seconds
FAST = float(1 << 30)  # bytes a day from which on the growth of a snapshot matters
LARGE = 10 * (1 << 30)  # bytes of orphan volumes from which on they matter: as the alert on them


@dataclass(frozen=True)
class Waste:
    """One thing that is not used: its kind, what it holds (None = not known), and the evidence.

    `growth` is what the images of a VM with snapshots grow in a day, bytes.
    """

    labels: Labels
    kind: str
    cpus: float | None
    bytes: float | None
    reason: str
    growth: float | None = None

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
    return wasted(fresh.view.rollups, fresh.inventory, fresh.view.shared_storage)


@lru_cache(maxsize=2)
def wasted(rollups: Rollups, inventory: Inventory, shared_storage: tuple[str, ...] = ()) -> tuple[Waste, ...]:
    """From the past and the inventory alone; `shared_storage`: see Config."""
    orphans = _orphans(inventory, shared_storage)
    found = [*idle(rollups, inventory), *orphans, *_snapshots(rollups, inventory)]
    return tuple(sorted(found, key=lambda each: (*each.order, each.labels)))


@lru_cache(maxsize=2)
def idle(rollups: Rollups, inventory: Inventory) -> tuple[Waste, ...]:
    """The VMs that do nothing."""
    return tuple(_idle(rollups, inventory))


def _idle(rollups: Rollups, inventory: Inventory) -> Iterator[Waste]:
    keys = [(vm.instance, vm.domain) for vm in inventory.vms]
    rows = (rollups[name] for name in ("vm_cpu", "vm_network", "vm_disk"))
    cpu, network, disk = (row.of_vms(keys, inventory.keys, rollups[SIZE]).mean for row in rows)
    if not all(len(hours) >= LEAST for hours in (cpu, network)):
        return
    calm = _below(cpu, USUAL) & (_highest(cpu) <= EVER) & _below(network, TRAFFIC)
    calm &= _below(disk, WRITES) if len(disk) else True
    silent = _below(network, SILENT)
    on = np.array([vm.on for vm in inventory.vms], bool)  # what is off holds storage alone
    for at in np.flatnonzero(calm & on):
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


def _orphans(inventory: Inventory, shared: Sequence[str]) -> Iterator[Waste]:
    """Each host tells what none of its own VMs uses: in a pool that others have, too, theirs may use it."""
    for pool in inventory.pools:
        large = pool.orphan_bytes is not None and pool.orphan_bytes >= LARGE
        if large and not is_stated(pool, shared):
            labels = (("instance", pool.instance), ("pool", pool.pool))
            yield Waste(labels, ORPHANS, None, pool.orphan_bytes, "volumes that no VM of the host uses")


def _snapshots(rollups: Rollups, inventory: Inventory) -> Iterator[Waste]:
    snapped = [vm for vm in inventory.vms if vm.snapshots]
    growths = snapshot_growth(rollups["vm_disk_allocation"], snapped, inventory.keys)
    for vm, grows in zip(snapped, growths, strict=True):
        age = inventory.at - (vm.oldest_snapshot or inventory.at)
        fast = grows is not None and grows >= FAST
        if fast or age >= OLD_DAYS * DAY:
            labels = (("domain", vm.domain), ("instance", vm.instance))
            held = f"snapshots: {vm.snapshots:.0f}, the oldest is {rough(age)} old"
            parts = [held, "they keep what was changed"]
            if fast:
                parts.append(f"its images grow by {amount(grows or 0.0, 'bytes')} a day")
            yield Waste(labels, GROWING if fast else SNAPSHOT, None, _overlays(vm), "; ".join(parts), grows)


def snapshot_growth(hours: Rollup, vms: Sequence[Vm], among: Sequence[tuple[str, str]]) -> list[float | None]:
    """Bytes that the images of each VM grow in a day, by those since its oldest snapshot; None: not known.
    `among` are all VMs: see `Rollup.of_vms`.
    """
    disks = [(at, disk) for at, vm in enumerate(vms) for disk in vm.disks if disk.capacity_bytes]
    if not len(hours.ends) or not disks:
        return [None] * len(vms)
    owners = [vms[at] for at, _ in disks]
    keys = [(vm.instance, vm.domain, disk.target_device) for vm, (_, disk) in zip(owners, disks, strict=True)]
    since = np.array([vm.oldest_snapshot or 0.0 for vm in owners])
    mean = np.where(hours.ends[:, None] > since, hours.of_vms(keys, among).mean, np.float32(np.nan))
    grows = growth(levels(mean))
    sizes = np.array([disk.capacity_bytes for _, disk in disks], float)
    found: list[float | None] = [None] * len(vms)
    for column in np.flatnonzero(grows.known >= LEAST_DAYS):
        at = disks[column][0]
        found[at] = (found[at] or 0.0) + max(0.0, float(grows.mean[column] * sizes[column]))
    return found


def _overlays(vm: Vm) -> float | None:
    """Bytes in the topmost images of chains: what was written since the latest external snapshot."""
    chained = [
        disk.physical_bytes
        for disk in vm.disks
        if disk.physical_bytes and disk.chain_bytes and disk.chain_bytes > disk.physical_bytes
    ]
    return sum(chained) if chained else None


INFO = Metric(
    "virtcast_efficiency_waste_info",
    Kind.GAUGE,
    "What is paid for and not used: zombie (an idle VM without any traffic), idle, orphan_volumes,"
    " growing_snapshot (a GiB a day), or old_snapshot; always 1.",
    ("kind",),
)
GROWTH = Metric(
    "virtcast_efficiency_snapshot_growth_bytes_per_second",
    Kind.GAUGE,
    "What the disk images of a VM with old or growing snapshots grow, by the days since the oldest.",
    (),
    "bytes per second",
)
ADVISER = adviser(
    "waste",
    "Not used",
    Advice(
        "/api/v1/waste",
        "VMs that do nothing, volumes without a VM, snapshots that are old or make images grow.",
        advised,
        lambda of: of.labels,
        (
            Output("of", "text", "What.", lambda of: named(of.labels), column=Column("What", about=True)),
            Output(
                "kind",
                "text",
                f"{', '.join(KINDS[:-1])}, or {KINDS[-1]}.",
                lambda of: of.kind,
                INFO,
                Column("Kind", whole=True),
            ),
            Output("cpus", "number", "Virtual CPUs that it holds.", lambda of: of.cpus),
            Output("bytes", "number", "Memory or storage that it holds.", lambda of: of.bytes),
            Output(
                "growth_per_day",
                "number",
                "Bytes that the images of a VM with snapshots grow in a day.",
                lambda of: of.growth,
            ),
            Output(
                "growth_per_second",
                "number",
                "The same in a second.",
                lambda of: None if of.growth is None else of.growth / DAY,
                GROWTH,
            ),
            Output("held", "text", "In words.", Waste.held, column=Column("Holds", number=True)),
            Output("reason", "text", "The evidence.", lambda of: of.reason, column=Column("Why")),
        ),
    ),
    nothing="Nothing, as far as at least two weeks tell.",
)
