"""Adviser: what changed from the week before the last one to the last week, the clearest change first."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from exporter.metric import Kind, Metric
from forecaster.advice.days_left import HOURS
from forecaster.advice.finding import Column
from forecaster.advice.growth import WEEK
from forecaster.advice.output import Advice, Output, adviser
from forecaster.advice.sizing import daily
from forecaster.advice.wording import amount, figure, named
from forecaster.view.living import living

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from forecaster.series.labels import Labels
    from forecaster.view.rollups import Rollup, Rollups
    from forecaster.view.view import Fresh

    Floats = NDArray[np.float64]

VM, HOST = ("instance", "domain"), ("instance",)
RATE = "bytes per second"
RESOURCES = {
    "vm_cpu": (VM, "ratio", 0.05),
    "vm_memory": (VM, "ratio", 0.05),
    "vm_disk": (VM, RATE, 1e5),
    "vm_network": (VM, RATE, 1e5),
    "host_cpu": (HOST, "ratio", 0.05),
    "host_memory": (HOST, "ratio", 0.05),
}
"""Labels, unit, and the least change that matters, in that unit."""
KNOWN = 5 / 7  # of the days of each period that must be known
CLEAR = 5.0  # standard errors of the difference of the means: by chance in less than 1 of 1,000 series
GROWN = 0.2  # of the larger mean: a smaller change is no news


class Periods(NamedTuple):
    """Two periods of so many days; the earlier one ended `back` days before the last one, which ends now."""

    days: int
    back: int


LAST_WEEKS = Periods(WEEK, WEEK)


@dataclass(frozen=True)
class Change:
    """One series: means of both periods, and the difference in standard errors."""

    labels: Labels
    resource: str
    before: float
    after: float
    clearness: float
    unit: str

    def text(self) -> str:
        """For example: 3.1 times as much."""
        if self.before <= 0:
            return "nothing before"
        return f"{figure(self.after / self.before)} times as much"


def advised(fresh: Fresh) -> Sequence[Change]:
    """All changes, the clearest first."""
    return changes(fresh.view.rollups, vms=fresh.inventory.keys)


def known_days(rollups: Rollups) -> int:
    """Days of the past that two periods can be taken from."""
    return max(rollups[resource].known for resource in RESOURCES) // HOURS


@lru_cache(maxsize=2)
def changes(
    rollups: Rollups, periods: Periods = LAST_WEEKS, vms: tuple[tuple[str, str], ...] = ()
) -> tuple[Change, ...]:
    """From the past of what there still is, from an earlier period to the last one; `vms` are the VMs
    (instance, domain).
    """
    found = [
        each
        for resource in RESOURCES
        for each in _of(living(rollups[resource], resource, vms), resource, periods)
    ]
    return tuple(sorted(found, key=lambda each: (-abs(each.clearness), each.resource, each.labels)))


def _of(hours: Rollup, resource: str, periods: Periods) -> list[Change]:
    names, unit, least = RESOURCES[resource]
    length, back = periods
    if len(hours.ends) < (length + back) * HOURS:
        return []
    days = daily(hours.mean)
    last, first = days[-length:], days[-length - back : -back]
    before, after = _mean(first), _mean(last)
    enough = KNOWN * length
    known = (np.isfinite(first).sum(axis=0) >= enough) & (np.isfinite(last).sum(axis=0) >= enough)
    error = np.sqrt((_variance(first) + _variance(last)) / length)
    clearness = (after - before) / np.maximum(error, 1e-3 * np.maximum(np.abs(before), least))
    size = np.abs(after - before)
    told = (
        known & (size >= least) & (size >= GROWN * np.maximum(before, after)) & (np.abs(clearness) >= CLEAR)
    )
    return [
        Change(
            tuple(sorted(zip(names, hours.labels[at], strict=True))),
            resource,
            float(before[at]),
            float(after[at]),
            float(clearness[at]),
            unit,
        )
        for at in np.flatnonzero(told)
    ]


def _mean(days: Floats) -> Floats:
    known = np.isfinite(days).sum(axis=0)
    found: Floats = np.where(known, np.nansum(days, axis=0) / np.maximum(known, 1), np.nan)
    return found


def _variance(days: Floats) -> Floats:
    known = np.isfinite(days).sum(axis=0)
    found: Floats = np.nansum((days - _mean(days)) ** 2, axis=0) / np.maximum(known - 1, 1)
    return found


CHANGED = Metric(
    "virtcast_pattern_week_change_ratio",
    Kind.GAUGE,
    "Mean of the last week as a multiple of that of the week before, where the change is clear.",
    (),
    "ratio",
)
ADVISER = adviser(
    "compare",
    "Changed in a week",
    Advice(
        "/api/v1/compare",
        "What changed from an earlier period to the last one, a week each, the clearest change first.",
        advised,
        lambda of: of.labels,
        (
            Output(
                "resource", "text", "What.", lambda of: of.resource, column=Column("Resource", whole=True)
            ),
            Output("of", "text", "Whose.", lambda of: named(of.labels), column=Column("Of", about=True)),
            Output("unit", "text", "The unit of the means.", lambda of: of.unit),
            Output(
                "before",
                "number",
                "The mean of the earlier period.",
                lambda of: of.before,
                column=Column("Before", number=True),
                text=lambda of: amount(of.before, of.unit),
            ),
            Output(
                "after",
                "number",
                "The mean of the last period.",
                lambda of: of.after,
                column=Column("Last week", number=True),
                text=lambda of: amount(of.after, of.unit),
            ),
            Output(
                "ratio",
                "number",
                "The second as a multiple of the first.",
                lambda of: of.after / of.before if of.before > 0 else None,
                CHANGED,
            ),
            Output("clearness", "number", "The difference in standard errors.", lambda of: of.clearness),
            Output("text", "text", "In words.", Change.text, column=Column("Change", whole=True)),
        ),
        also=("resource",),
    ),
    nothing="Nothing, or less than two weeks are known.",
)
