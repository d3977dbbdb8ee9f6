"""Adviser: what the VMs of each owner cost in a month, and how much of it buys nothing.

Wasted is all that idle VMs cost, and what the others have beyond their balanced sizes. A month is a twelfth
of a year; of a calendar month CPUs and memory cost their hours, each by what the VM had in it, and storage
costs its share of that month by its present size.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from exporter.metric import Kind, Metric
from forecaster.advice.finding import Column
from forecaster.advice.output import Advice, Output, adviser
from forecaster.advice.sizes import sizes_of
from forecaster.advice.sizing import BALANCED, GIB, PARTS
from forecaster.advice.waste import idle
from forecaster.advice.wording import shown
from forecaster.view.inventory import each_once
from forecaster.view.owned import owner_of
from forecaster.view.rollups import SIZE
from forecaster.view.used import CPU, MEMORY, given, present

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from forecaster.config.prices import Prices
    from forecaster.series.labels import Labels
    from forecaster.view.inventory import Inventory, Vm
    from forecaster.view.rollups import Rollups
    from forecaster.view.view import Fresh

    Floats = NDArray[np.float64]

MONTH = 730.5  # hours: a twelfth of 365.25 days
HOUR = 3_600  # seconds
NEVER = math.inf  # Unix seconds


class VmCost(NamedTuple):
    """What one VM costs in a month, how much of that is wasted, what of it is storage; its hours in this
    calendar month so far, and what its CPUs and memory have cost in them.
    """

    month: float
    wasted: float
    storage: float
    hours: float
    taken: float

    def spent(self, length: float) -> float:
        """What it has cost so far in a calendar month of `length` hours."""
        return self.taken + self.storage * self.hours / length

    def of(self, hours: float, length: float) -> float:
        """What it costs as it is in so many hours of a calendar month of `length` hours."""
        return (self.month - self.storage) * hours / MONTH + self.storage * hours / length


@dataclass(frozen=True)
class Cost:
    """One owner, in the currency: VMs, what they cost in a month, how much of it is wasted; what this
    calendar month has cost so far, and will have cost when it ends, if nothing is changed.
    """

    owner: str
    vms: int
    month: float
    wasted: float
    spent: float
    expected: float
    currency: str

    def text(self, amount: float) -> str:
        """For example: 1,234.50 EUR."""
        return f"{amount:,.2f} {self.currency}"


def advised(fresh: Fresh) -> Sequence[Cost]:
    """All owners, those that waste most first; none without prices."""
    view = fresh.view
    return costs(view.rollups, view.inventory, view.prices) if view.prices.known else ()


@lru_cache(maxsize=2)
def costs(rollups: Rollups, inventory: Inventory, prices: Prices) -> tuple[Cost, ...]:
    """From the past, the inventory and the prices alone."""
    told = of_vms(rollups, inventory, prices)
    found: dict[str, list[VmCost]] = {}
    for vm in each_once(inventory.vms):
        found.setdefault(owner_of(vm), []).append(told[vm.instance, vm.domain])
    owners = (_owner(owner, vms, inventory.at, prices.currency) for owner, vms in found.items())
    return tuple(sorted(owners, key=lambda cost: (-cost.wasted, cost.owner)))


def _owner(owner: str, vms: Sequence[VmCost], at: int, currency: str) -> Cost:
    begin, end = month_of(at)
    length, left = (end - begin) / HOUR, (end - at) / HOUR
    month = sum(each.month for each in vms)
    wasted = sum(each.wasted for each in vms)
    spent = sum(each.spent(length) for each in vms)
    return Cost(
        owner, len(vms), month, wasted, spent, spent + sum(each.of(left, length) for each in vms), currency
    )


def of_vms(rollups: Rollups, inventory: Inventory, prices: Prices) -> dict[tuple[str, str], VmCost]:
    """The cost of each VM, by instance and domain."""
    unused = {each.labels for each in idle(rollups, inventory)}
    needed = {(each.labels, each.part): each.sizes.get(BALANCED) for each in sizes_of(rollups, inventory)}
    there, found = _hours(rollups, inventory), {}
    taken = _taken(rollups, inventory, prices, there)
    for vm, hours, cost in zip(inventory.vms, there, taken, strict=True):
        labels = (("domain", vm.domain), ("instance", vm.instance))
        storage = _storage(vm, prices)
        month = storage + _hourly(vm, prices) * MONTH
        spare = month if labels in unused else _spare(vm, labels, needed, prices)
        found[vm.instance, vm.domain] = VmCost(month, spare, storage, hours, cost)
    return found


def _hours(rollups: Rollups, inventory: Inventory) -> list[float]:
    """For how many hours of this month each VM has been there, on or off: since its first hour, if that is
    known. What is there from the first hour on of which anything is known has been there all along.

    VMs that are off have a size, but no load; not every exporter tells sizes.
    """
    begin, at = month_of(inventory.at)[0], inventory.at
    rows = sizes, loads = _sizes(rollups, inventory), _loads(rollups, inventory)
    found = []
    for vm, *firsts in zip(inventory.vms, sizes.of_vms, loads.of_vms, strict=True):
        seen = [(first, row.known) for first, row in zip(firsts, rows, strict=True) if first < NEVER]
        if seen:
            since, known = min(first for first, _ in seen), min(known for _, known in seen)
            since = since if since > known else begin
        else:  # a row that has such VMs, and none of its hours: it came within this one
            new = (sizes.known < NEVER and vm.virtual_cpus) or (loads.known < NEVER and vm.runs)
            since = at if new else begin
        found.append((at - max(begin, min(since, at))) / HOUR)
    return found


def _taken(rollups: Rollups, inventory: Inventory, prices: Prices, hours: Sequence[float]) -> Sequence[float]:
    """What the CPUs and the memory of each VM have cost in its last `hours` of this month, by what it had in
    each. Where memory is told as what a balloon leaves, an hour costs the present maximum at least.
    """
    cpus, memory = (_sizes_by_hours(rollups, inventory, part, hours) for part in (CPU, MEMORY))
    found: list[float] = (prices.vcpu_hour * cpus + prices.memory_gib_hour / GIB * memory).tolist()
    return found


def _sizes_by_hours(rollups: Rollups, inventory: Inventory, part: str, hours: Sequence[float]) -> Floats:
    """What VMs (n,) had of a part in their last `hours`, times these hours; what is not known is nothing."""
    vms, there = inventory.vms, np.array(hours)
    least = np.array([_maximum(vm) if part == MEMORY else 0.0 for vm in vms])
    found = np.fmax(present(part, vms), least) * there
    changed = _changed(rollups, part, vms)
    if changed:  # of few: hours of all take seconds
        cuts = _cuts(rollups, inventory.at)
        since = inventory.at - there[changed] * HOUR
        spans = np.maximum(0.0, cuts[1:, None] - np.maximum(cuts[:-1, None], since)) / HOUR
        sizes = given(rollups, part, [vms[at] for at in changed], cuts[1:], inventory.keys)
        found[changed] = (np.fmax(sizes, least[changed]) * spans).sum(axis=0)
    return np.where(np.isfinite(found), found, 0.0)


def _maximum(vm: Vm) -> float:
    """The memory that a VM may take, where its hours tell what a balloon leaves; else 0."""
    return vm.maximum_memory_bytes or 0.0 if vm.current_memory_bytes else 0.0


def _cuts(rollups: Rollups, at: int) -> NDArray[np.int64]:
    """Where the hours of this month begin up to `at`, and that, Unix seconds."""
    begin, ends = month_of(at)[0], rollups[SIZE].ends
    return np.array([begin, *ends[(ends > begin) & (ends < at)].tolist(), at])


def _changed(rollups: Rollups, part: str, vms: Sequence[Vm]) -> list[int]:
    """The places of the VMs of whose names other sizes are known than what they have now."""
    row, known = rollups[SIZE], dict[str, set[float]]()
    ends = (
        least_or_most.reduce(row.mean, axis=0, initial=none).tolist()
        for least_or_most, none in ((np.fmin, np.inf), (np.fmax, -np.inf))
    )
    for (_, domain, of), *sizes in zip(row.labels, *ends, strict=True):
        if of == part:
            known.setdefault(domain, set()).update(sizes)
    now = present(part, vms).astype(np.float32).tolist()
    return [at for at, vm in enumerate(vms) if known.get(vm.domain, set()) - {now[at]}]


class _Firsts(NamedTuple):
    """Where the first hours begin of which a row has anything, and of which it has each VM, Unix seconds."""

    known: float
    of_vms: list[float]


def _sizes(rollups: Rollups, inventory: Inventory) -> _Firsts:
    keys = [(vm.instance, vm.domain) for vm in inventory.vms]
    parts = ([(*key, part) for key in keys] for part in PARTS)
    return _firsts(rollups, SIZE, inventory, *parts)


def _loads(rollups: Rollups, inventory: Inventory) -> _Firsts:
    return _firsts(rollups, "vm_cpu", inventory, [(vm.instance, vm.domain) for vm in inventory.vms])


def _firsts(rollups: Rollups, name: str, inventory: Inventory, *series: Sequence[tuple[str, ...]]) -> _Firsts:
    """Of VMs that have several `series` the first hour of any of them counts."""
    row = rollups[name]
    begins = [*(row.ends - rollups.every).tolist(), NEVER]
    told = [[begins[at] for at in row.first_hours(each, inventory.keys)] for each in series]
    known = np.flatnonzero(np.isfinite(row.mean).any(axis=1))
    return _Firsts(begins[known[0] if len(known) else -1], [min(each) for each in zip(*told, strict=True)])


def month_of(at: int) -> tuple[int, int]:
    """Where the calendar month of a Unix time begins, and where the next one does, UTC."""
    now = datetime.fromtimestamp(at, UTC)
    begin = datetime(now.year, now.month, 1, tzinfo=UTC)
    end = datetime(now.year + now.month // 12, now.month % 12 + 1, 1, tzinfo=UTC)
    return int(begin.timestamp()), int(end.timestamp())


def _hourly(vm: Vm, prices: Prices) -> float:
    """What the CPUs and the memory of a VM cost in an hour; what is not known of it costs nothing."""
    memory = prices.memory_gib_hour * (vm.maximum_memory_bytes or 0.0) / GIB
    return prices.vcpu_hour * (vm.virtual_cpus or 0.0) + memory


def _storage(vm: Vm, prices: Prices) -> float:
    """What its own disks cost in a month, however long it is."""
    return prices.storage_gib_month * sum(disk.capacity_bytes or 0.0 for disk in vm.own_disks) / GIB


def _spare(
    vm: Vm, labels: Labels, needed: Mapping[tuple[Labels, str], float | None], prices: Prices
) -> float:
    """What the CPUs and the memory beyond the balanced sizes cost in a month."""
    parts = (
        (vm.virtual_cpus, needed.get((labels, "cpu")), prices.vcpu_hour),
        (vm.maximum_memory_bytes, needed.get((labels, "memory")), prices.memory_gib_hour / GIB),
    )
    return sum(
        MONTH * price * max(0.0, given - size)
        for given, size, price in parts
        if given is not None and size is not None
    )


SPENT = Metric(
    "virtcast_cost_monthly",
    Kind.GAUGE,
    "Cost of the VMs of an owner in a month at their present sizes, in the currency of `prices`; absent"
    " without prices.",
)
WASTED = Metric(
    "virtcast_cost_wasted_monthly",
    Kind.GAUGE,
    "Part of the cost that buys nothing: idle VMs, and what others have beyond their balanced sizes.",
)
SO_FAR = Metric(
    "virtcast_cost_month_to_date",
    Kind.GAUGE,
    "What the VMs of an owner have cost in this calendar month (UTC): CPUs and memory by what they had in"
    " each hour, storage at its present size; without VMs that are gone.",
)
EXPECTED = Metric(
    "virtcast_cost_month_end_expected",
    Kind.GAUGE,
    "What they will have cost when the calendar month ends, if nothing is changed.",
)
ADVISER = adviser(
    "cost",
    "Cost in a month",
    Advice(
        "/api/v1/cost",
        "What the VMs of each owner cost in a month, and how much of it buys nothing; needs `prices`.",
        advised,
        lambda of: (("owner", of.owner),),
        (
            Output(
                "owner",
                "text",
                "The owner.",
                lambda of: of.owner,
                None,
                Column("Owner"),
                lambda of: shown(of.owner),
            ),
            Output("vms", "count", "Its VMs.", lambda of: of.vms, column=Column("VMs", number=True)),
            Output("currency", "text", "The currency.", lambda of: of.currency),
            Output(
                "month",
                "number",
                "What they cost in a month.",
                lambda of: of.month,
                SPENT,
                Column("Cost", number=True),
                lambda of: of.text(of.month),
            ),
            Output(
                "wasted",
                "number",
                "How much of it buys nothing.",
                lambda of: of.wasted,
                WASTED,
                Column("Wasted", number=True),
                lambda of: of.text(of.wasted),
            ),
            Output(
                "spent",
                "number",
                "What this calendar month has cost so far: each hour by what they had, storage as it is.",
                lambda of: of.spent,
                SO_FAR,
                Column("This month", number=True),
                lambda of: of.text(of.spent),
            ),
            Output(
                "expected",
                "number",
                "What this calendar month will have cost when it ends, if nothing is changed.",
                lambda of: of.expected,
                EXPECTED,
                Column("At its end", number=True),
                lambda of: of.text(of.expected),
            ),
        ),
    ),
    nothing="Not known: no prices are configured.",
)
