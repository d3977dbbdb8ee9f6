"""Adviser: the service levels that VMs attained in the last four weeks, against their objectives.

Availability is the share of the time in which a VM that should run ran, latency that in which its disks were
fast, as the normalised layer has them. The budget is what an objective allows to be missed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from exporter.metric import Kind, Metric
from forecaster.advice.finding import Column
from forecaster.advice.output import Advice, Output, adviser
from forecaster.advice.wording import figure, named
from forecaster.view.rollups import SIZE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forecaster.series.labels import Labels
    from forecaster.view.inventory import Inventory, Vm
    from forecaster.view.rollups import Rollups
    from forecaster.view.view import Fresh


class Objective(NamedTuple):
    """What is promised: the share of the time, and that of VMs with a high criticality."""

    usual: float
    critical: float


OBJECTIVES = {"availability": Objective(0.999, 0.9995), "latency": Objective(0.99, 0.995)}
"""As the alerts on their budgets have them by default (`alert_rules/alerts/service_level.py`)."""
CRITICAL = ("high", "critical")
LEAST = 24  # hours that must be known


@dataclass(frozen=True)
class Level:
    """One objective of one VM: shares of the time, and how many hours are known."""

    labels: Labels
    objective: str
    attained: float
    target: float
    hours: int

    @property
    def spent(self) -> float:
        """How much of the budget of the hours that are known is spent; above 1 the objective is missed."""
        return (1 - self.attained) / (1 - self.target)

    @property
    def kept(self) -> bool:
        """Whether the objective is kept; a rounding error of single precision misses none."""
        return self.spent <= 1 + 1e-3

    def text(self) -> str:
        """For example: missed: 3.5 times the budget of 28 days (1.2 h of 0.34 h)."""
        missed, allowed = ((1 - share) * self.hours for share in (self.attained, self.target))
        days = f"{self.hours / 24:.0f} days"
        figures = f"{figure(missed)} h of {figure(allowed)} h"
        if self.kept:
            return f"kept: {100 * self.spent:.0f} % of the budget of {days} is spent ({figures})"
        return f"missed: {figure(self.spent)} times the budget of {days} ({figures})"


def advised(fresh: Fresh) -> Sequence[Level]:
    """All of them, those that spent most of their budgets first."""
    return attained(fresh.view.rollups, fresh.inventory)


@lru_cache(maxsize=2)
def attained(rollups: Rollups, inventory: Inventory) -> tuple[Level, ...]:
    """From the past and the inventory alone; hours in which nobody wanted the VM to run do not count."""
    found = []
    for name, objective in OBJECTIVES.items():
        keys = [(vm.instance, vm.domain, name) for vm in inventory.vms]
        hours = rollups["vm_objective"].of_vms(keys, inventory.keys, rollups[SIZE]).mean.astype(float)
        known = np.isfinite(hours).sum(axis=0)
        share = np.nansum(hours, axis=0) / np.maximum(known, 1)
        found += [
            Level(
                (("domain", vm.domain), ("instance", vm.instance)),
                name,
                float(share[at]),
                target(objective, vm),
                int(known[at]),
            )
            for at, vm in enumerate(inventory.vms)
            if known[at] >= LEAST
        ]
    return tuple(sorted(found, key=lambda each: (-each.spent, each.labels, each.objective)))


def target(objective: Objective, vm: Vm) -> float:
    """The share that is promised of a VM."""
    return objective.critical if vm.criticality in CRITICAL else objective.usual


def _percent(share: float) -> str:
    """Down to what tells objectives apart."""
    return f"{100 * share:.6g} %"


ATTAINED = Metric(
    "virtcast_service_level_attained_ratio",
    Kind.GAUGE,
    "Share of the last four weeks in which the VM ran (availability), or its disks were fast (latency); "
    "absent while the objective is kept.",
    (),
    "ratio",
)
SPENT = Metric(
    "virtcast_service_level_budget_spent_ratio",
    Kind.GAUGE,
    "Share of what the objective allows to be missed in that time that was missed; absent while the "
    "objective is kept.",
    (),
    "ratio",
)
ADVISER = adviser(
    "service_levels",
    "Service levels",
    Advice(
        "/api/v1/service-levels",
        "How available VMs were, and how much of the time their disks were fast, against the objectives.",
        advised,
        lambda of: of.labels,
        (
            Output("vm", "text", "The VM.", lambda of: named(of.labels), column=Column("VM", about=True)),
            Output(
                "objective",
                "text",
                "availability or latency.",
                lambda of: of.objective,
                column=Column("Objective", whole=True),
            ),
            Output(
                "attained",
                "number",
                "The share of the time that was attained.",
                lambda of: of.attained,
                ATTAINED,
                Column("Attained", number=True),
                lambda of: _percent(of.attained),
            ),
            Output(
                "target",
                "number",
                "The share that is promised.",
                lambda of: of.target,
                column=Column("Promised", number=True),
                text=lambda of: _percent(of.target),
            ),
            Output(
                "budget_spent", "number", "Share of the budget that is spent.", lambda of: of.spent, SPENT
            ),
            Output("hours", "count", "Hours that are known.", lambda of: of.hours),
            Output("text", "text", "In words.", Level.text, column=Column("Budget")),
        ),
        also=("objective",),
        shown=lambda of: not of.kept,
        lean=True,
    ),
    nothing="All objectives are kept, or less than a day is known.",
)
