"""Adviser: what the VMs of each owner cost in a month, and how much of it buys nothing.

Wasted is all that idle VMs cost, and what the others have beyond their balanced sizes. A month is a twelfth
of a year; of a calendar month CPUs and memory cost their hours, and storage costs its share of that month.
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

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from forecaster.config.prices import Prices
    from forecaster.series.labels import Labels
    from forecaster.view.inventory import Inventory, Vm
    from forecaster.view.rollups import Rollups
    from forecaster.view.view import Fresh

MONTH = 730.5  # hours: a twelfth of 365.25 days
HOUR = 3_600  # seconds
NEVER = math.inf  # Unix seconds


class VmCost(NamedTuple):
    """What one VM costs in a month, how much of that is wasted, what of it is storage, and its hours in this
    calendar month so far.
    """

    month: float
    wasted: float
    storage: float
    hours: float

    def of(self, hours: float, length: float) -> float:
        """What it costs in so many hours of a calendar month of `length` hours."""
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
    spent = sum(each.of(each.hours, length) for each in vms)
    return Cost(
        owner, len(vms), month, wasted, spent, spent + sum(each.of(left, length) for each in vms), currency
    )


def of_vms(rollups: Rollups, inventory: Inventory, prices: Prices) -> dict[tuple[str, str], VmCost]:
    """The cost of each VM, by instance and domain."""
    unused = {each.labels for each in idle(rollups, inventory)}
    needed = {(each.labels, each.part): each.sizes.get(BALANCED) for each in sizes_of(rollups, inventory)}
    there, found = _hours(rollups, inventory), {}
    for vm, hours in zip(inventory.vms, there, strict=True):
        labels = (("domain", vm.domain), ("instance", vm.instance))
        storage = _storage(vm, prices)
        month = storage + _hourly(vm, prices) * MONTH
        spare = month if labels in unused else _spare(vm, labels, needed, prices)
        found[vm.instance, vm.domain] = VmCost(month, spare, storage, hours)
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
    """What its disks cost in a month, however long it is."""
    return prices.storage_gib_month * sum(disk.capacity_bytes or 0.0 for disk in vm.disks) / GIB


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
    "What the VMs of an owner have cost in this calendar month (UTC) at their present sizes, without VMs that"
    " are gone.",
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
                "What this calendar month has cost so far, at their present sizes.",
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
