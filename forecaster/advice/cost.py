"""Adviser: what the VMs of each owner cost in a month, and how much of it buys nothing.

Wasted is all that idle VMs cost, and what the others have beyond their balanced sizes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from exporter.metric import Kind, Metric
from forecaster.advice.finding import Column
from forecaster.advice.output import Advice, Output, adviser
from forecaster.advice.sizes import sizes_of
from forecaster.advice.sizing import BALANCED, GIB
from forecaster.advice.waste import IDLE, ZOMBIE, wasted
from forecaster.advice.wording import shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from forecaster.config.prices import Prices
    from forecaster.series.labels import Labels
    from forecaster.view.inventory import Inventory, Vm
    from forecaster.view.rollups import Rollups
    from forecaster.view.view import Fresh

MONTH = 730.5  # hours: a twelfth of 365.25 days
NOBODY = "none"  # owner of VMs that state none


@dataclass(frozen=True)
class Cost:
    """One owner: VMs, what they cost in a month and how much of it is wasted, in the currency."""

    owner: str
    vms: int
    month: float
    wasted: float
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
    idle = {each.labels for each in wasted(rollups, inventory) if each.kind in {IDLE, ZOMBIE}}
    needed = {(each.labels, each.part): each.sizes.get(BALANCED) for each in sizes_of(rollups, inventory)}
    found: dict[str, list[tuple[float, float]]] = {}
    for vm in inventory.vms:
        labels = (("domain", vm.domain), ("instance", vm.instance))
        month = monthly(vm, prices)
        spare = month if labels in idle else _spare(vm, labels, needed, prices)
        found.setdefault(vm.owner or vm.project_name or NOBODY, []).append((month, spare))
    told = (
        Cost(owner, len(vms), sum(each[0] for each in vms), sum(each[1] for each in vms), prices.currency)
        for owner, vms in found.items()
    )
    return tuple(sorted(told, key=lambda cost: (-cost.wasted, cost.owner)))


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
        ),
    ),
    nothing="Not known: no prices are configured.",
)
