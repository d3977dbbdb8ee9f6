"""Adviser: how many days are left until hosts, clusters, storage pools, thin pools, disk images and file
systems are full.

A cluster is full when its hosts, without the largest, are: one of them may die.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from exporter.metric import Kind, Metric
from forecaster.advice.clusters import clusters
from forecaster.advice.days_left import FARTHEST, LEAST, QUANTILES, days_left, levels
from forecaster.advice.finding import Column
from forecaster.advice.growth import growth
from forecaster.advice.output import Advice, Output, adviser
from forecaster.advice.wording import amount, named
from forecaster.view.inventory import Inventory
from forecaster.view.living import living
from forecaster.view.rollups import HOST, POOL, THIN_POOL, VM

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from forecaster.series.labels import Labels
    from forecaster.view.rollups import Rollups
    from forecaster.view.view import Fresh

    Hours = NDArray[np.float64] | NDArray[np.float32]

DAY = 86_400  # seconds
SHOWN_DAYS = 90  # rows of the table: those that end within a year, and within this at the earliest
EARLY, MIDDLE, LATE = (str(quantile) for quantile in QUANTILES)


class Subject(NamedTuple):
    """A row of the rollups that has a runway, its labels, and its limit where the configuration has none."""

    name: str
    labels: tuple[str, ...]
    limit: float


SUBJECTS = (
    Subject("host_cpu", HOST, 0.9),
    Subject("host_memory", HOST, 0.9),
    Subject("pool", POOL, 0.9),
    Subject("thin_pool", THIN_POOL, 0.9),
    Subject("vm_filesystem", (*VM, "mountpoint"), 0.95),
    Subject("vm_disk_allocation", (*VM, "target_device"), 0.95),
)
CLUSTERS = {"cluster_cpu": ("host_cpu", "cpus"), "cluster_memory": ("host_memory", "memory_bytes")}
"""Resources of clusters: the row of hosts that they are made of, and the field of a host that weighs it."""


@dataclass(frozen=True)
class Runway:
    """One series: `days` by quantile until its limit is reached, without those beyond a year."""

    labels: Labels
    resource: str
    level: float
    limit: float
    days: Mapping[str, float]
    growth: float  # a day
    history: int  # days

    @property
    def known(self) -> bool:
        """Whether there is enough history."""
        return self.history >= LEAST

    @property
    def order(self) -> tuple[float, float]:
        """What ends first, first."""
        return self.days.get(MIDDLE, 2.0 * FARTHEST), self.days.get(EARLY, 2.0 * FARTHEST)

    def text(self) -> str:
        """For example: 34 days (21 to 80)."""
        if not self.known:
            return "not enough history"
        if self.level >= self.limit:
            return "at its limit"
        first, middle, last = (self.days.get(each) for each in (EARLY, MIDDLE, LATE))
        if middle is None:
            return f"more than a year (at least {first:.0f} days)" if first else "more than a year"
        return f"{middle:.0f} days ({first:.0f} to {f'{last:.0f}' if last else 'more than a year'})"


class Past(NamedTuple):
    """The series of a resource: hourly means (k, n) up to Unix second `until`, and limits (n,)."""

    resource: str
    labels: Sequence[Labels]
    mean: Hours
    limit: NDArray[np.float64]
    until: int


def advised(fresh: Fresh) -> Sequence[Runway]:
    """All runways, the shortest first."""
    view = fresh.view
    limits = tuple((each.resource.name, each.resource.limit) for each in view.resources)
    return runways(view.rollups, limits, view.inventory)


@lru_cache(maxsize=2)
def runways(
    rollups: Rollups, limits: tuple[tuple[str, float], ...] = (), inventory: Inventory | None = None
) -> tuple[Runway, ...]:
    """From the past and the inventory alone; `limits` are those of resources by name."""
    found = [each for past in pasts(rollups, dict(limits), inventory or Inventory()) for each in _of(past)]
    return tuple(sorted(found, key=lambda each: (*each.order, each.resource, each.labels)))


def pasts(rollups: Rollups, limits: Mapping[str, float], inventory: Inventory) -> Iterator[Past]:
    """All that has a runway: what is gone has none, nor do pools of whole volumes."""
    for subject in SUBJECTS:
        hours = living(rollups[subject.name], subject.name, inventory.keys)
        limit = limits.get(subject.name, subject.limit)
        whole = inventory.whole_pools if subject.name == "pool" else ()
        kept = [at for at, key in enumerate(hours.labels) if key not in whole]
        labels = [tuple(sorted(zip(subject.labels, hours.labels[at], strict=True))) for at in kept]
        mean = hours.mean[:, kept] if whole else hours.mean
        yield Past(subject.name, labels, mean, np.full(len(labels), limit), hours.until)
    usual = {subject.name: subject.limit for subject in SUBJECTS}
    for name, (row, size) in CLUSTERS.items():
        found = list(clusters(rollups[row], inventory, size))
        if found:
            limit = limits.get(row, usual[row])
            yield Past(
                name,
                [(("cluster", each.name),) for each in found],
                np.stack([each.level for each in found], axis=1),
                np.array([limit * each.reserved for each in found]),
                rollups[row].until,
            )


def _of(past: Past) -> list[Runway]:
    if not len(past.mean):
        return []
    level = levels(past.mean)
    if not len(level):
        return []
    left, grows, last = days_left(level, past.limit), growth(level), level[-1]
    return [
        Runway(
            labels,
            past.resource,
            float(last[at]),
            float(past.limit[at]),
            {
                str(quantile): float(left[place, at])
                for place, quantile in enumerate(QUANTILES)
                if np.isfinite(left[place, at])
            },
            float(grows.mean[at]),
            int(grows.known[at]) + 1,
        )
        for at, labels in enumerate(past.labels)
        if np.isfinite(last[at]) and np.isfinite(past.limit[at])
    ]


LEFT = Metric(
    "virtcast_runway_seconds",
    Kind.GAUGE,
    "Time until the limit is reached, by the probability that it is reached earlier (`quantile`). 0 at the"
    " limit; absent beyond a year and without a week of history.",
    ("quantile",),
    "seconds",
)
ADVISER = adviser(
    "runway",
    "Days left",
    Advice(
        "/api/v1/runway",
        "Days until hosts, clusters without their largest host, pools, thin pools, disk images and file"
        " systems are full, by the trend of four weeks.",
        advised,
        lambda of: of.labels,
        (
            Output(
                "resource",
                "text",
                "What runs out.",
                lambda of: of.resource,
                column=Column("Resource", whole=True),
            ),
            Output(
                "of", "text", "Whose it is.", lambda of: named(of.labels), column=Column("Of", about=True)
            ),
            Output(
                "level",
                "number",
                "The highest hourly mean of the last day.",
                lambda of: of.level,
                column=Column("Level", number=True),
                text=lambda of: amount(of.level, "ratio"),
            ),
            Output("limit", "number", "The limit.", lambda of: of.limit),
            Output(
                "growth_per_day",
                "number",
                "The mean change of the level a day.",
                lambda of: of.growth,
                column=Column("A day", number=True),
                text=lambda of: f"{100 * of.growth:+.2g} %",
            ),
            Output(
                "days",
                "numbers",
                "Days left by quantile; those beyond a year are missing.",
                lambda of: of.days,
                column=Column("Left by the trend of four weeks (80 % interval)", whole=True),
                text=Runway.text,
            ),
            Output(
                "seconds",
                "numbers",
                "The same in seconds.",
                lambda of: {quantile: DAY * days for quantile, days in of.days.items()},
                LEFT,
            ),
            Output("history_days", "count", "How many days are known.", lambda of: of.history),
            Output("text", "text", "The days in words.", Runway.text),
        ),
        also=("resource",),
        shown=lambda of: MIDDLE in of.days and of.days.get(EARLY, FARTHEST) <= SHOWN_DAYS,
    ),
    nothing="Nothing is full within 90 days, as far as four weeks tell.",
)
