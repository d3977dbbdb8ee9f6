"""Adviser: what the VMs of each owner cost in a month, and how much of it buys nothing.

Wasted is all that idle VMs cost, and what the others have beyond their balanced sizes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from exporter.metric import Kind, Metric
from forecaster.advice.finding import Column
from forecaster.advice.output import Advice, Output, adviser
from forecaster.advice.sizes import sizes_of
from forecaster.advice.sizing import BALANCED, GIB
from forecaster.advice.waste import IDLE, ZOMBIE, wasted
from forecaster.advice.wording import shown
from forecaster.view.inventory import each_once
from forecaster.view.owned import owner_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from forecaster.config.prices import Prices
    from forecaster.series.labels import Labels
    from forecaster.view.inventory import Inventory, Vm
    from forecaster.view.rollups import Rollups
    from forecaster.view.view import Fresh

MONTH = 730.5  # hours: a twelfth of 365.25 days
HOUR = 3_600  # seconds


class VmCost(NamedTuple):
    """What one VM costs in a month, how much of that is wasted, and its hours in this month so far."""

    month: float
    wasted: float
    hours: float


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
    told, left = of_vms(rollups, inventory, prices), hours_left(inventory.at)
    found: dict[str, list[VmCost]] = {}
    for vm in each_once(inventory.vms):
        found.setdefault(owner_of(vm), []).append(told[vm.instance, vm.domain])
    owners = (_owner(owner, vms, left, prices.currency) for owner, vms in found.items())
    return tuple(sorted(owners, key=lambda cost: (-cost.wasted, cost.owner)))


def _owner(owner: str, vms: Sequence[VmCost], left: float, currency: str) -> Cost:
    month = sum(each.month for each in vms)
    spent = sum(each.month * each.hours / MONTH for each in vms)
    wasted = sum(each.wasted for each in vms)
    return Cost(owner, len(vms), month, wasted, spent, spent + month * left / MONTH, currency)


def of_vms(rollups: Rollups, inventory: Inventory, prices: Prices) -> dict[tuple[str, str], VmCost]:
    """The cost of each VM, by instance and domain."""
    idle = {each.labels for each in wasted(rollups, inventory) if each.kind in {IDLE, ZOMBIE}}
    needed = {(each.labels, each.part): each.sizes.get(BALANCED) for each in sizes_of(rollups, inventory)}
    there, found = _hours(rollups, inventory), {}
    for vm, hours in zip(inventory.vms, there, strict=True):
        labels = (("domain", vm.domain), ("instance", vm.instance))
        month = monthly(vm, prices)
        spare = month if labels in idle else _spare(vm, labels, needed, prices)
        found[vm.instance, vm.domain] = VmCost(month, spare, hours)
    return found


def _hours(rollups: Rollups, inventory: Inventory) -> list[float]:
    """For how many hours of this month each VM has been there: since its first hour, if that is known. What
    is there from the first hour on of which anything is known, or has never run, has been there all along.
    """
    past = rollups["vm_cpu"]
    seen = np.isfinite(past.of_vms([(vm.instance, vm.domain) for vm in inventory.vms]).mean)
    known = np.flatnonzero(np.isfinite(past.mean).any(axis=1))  # a backend may keep less than four weeks
    gone = (inventory.at - month_of(inventory.at)[0]) / HOUR
    if not len(known):
        return [gone] * len(inventory.vms)
    found = []
    for column, vm in zip(seen.T, inventory.vms, strict=True):
        first = int(column.argmax()) if column.any() else 0
        if first > known[0]:
            found.append(min(gone, max(0.0, (inventory.at - int(past.ends[first])) / HOUR + 1)))
        else:
            found.append(0.0 if vm.state == "running" and not column.any() else gone)
    return found


def month_of(at: int) -> tuple[int, int]:
    """Where the calendar month of a Unix time begins, and where the next one does, UTC."""
    now = datetime.fromtimestamp(at, UTC)
    begin = datetime(now.year, now.month, 1, tzinfo=UTC)
    end = datetime(now.year + now.month // 12, now.month % 12 + 1, 1, tzinfo=UTC)
    return int(begin.timestamp()), int(end.timestamp())


def hours_left(at: int) -> float:
    """Of the calendar month."""
    return (month_of(at)[1] - at) / HOUR


def monthly(vm: Vm, prices: Prices) -> float:
    """What a VM costs in a month; what is not known of it costs nothing."""
    disks = sum(disk.capacity_bytes or 0.0 for disk in vm.disks)
    return (
        MONTH * prices.vcpu_hour * (vm.virtual_cpus or 0.0)
        + MONTH * prices.memory_gib_hour * (vm.maximum_memory_bytes or 0.0) / GIB
        + prices.storage_gib_month * disks / GIB
    )


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
