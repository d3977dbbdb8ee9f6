"""Adviser: the pattern of each VM and host: what kind of load it has, and its busiest hour."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from exporter.metric import Kind, Metric
from forecaster.advice.finding import Column
from forecaster.advice.output import Advice, Output, adviser
from forecaster.advice.rhythm import CLASSES, UNKNOWN, rhythm
from forecaster.advice.wording import amount, named
from forecaster.view.living import OF_VMS, living

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forecaster.series.labels import Labels
    from forecaster.view.rollups import Rollup, Rollups
    from forecaster.view.view import Fresh

RESOURCES = {
    "vm_cpu": ("instance", "domain"),
    "vm_memory": ("instance", "domain"),
    "host_cpu": ("instance",),
    "host_memory": ("instance",),
}


@dataclass(frozen=True)
class Pattern:
    """One series: shares of variance, shares of its mean, levels as shares; NaN is None."""

    labels: Labels
    resource: str
    kind: str
    busiest: int  # hour of the day, UTC
    busy: float | None
    daily: float | None
    weekly: float | None
    volatility: float | None
    growth: float | None  # in 30 days


def advised(fresh: Fresh) -> Sequence[Pattern]:
    """All patterns, those that vary most first."""
    return patterns(fresh.view.rollups, fresh.inventory.keys)


@lru_cache(maxsize=2)
def patterns(rollups: Rollups, vms: tuple[tuple[str, str], ...] = ()) -> tuple[Pattern, ...]:
    """From the past of what there still is; `vms` are the VMs (instance, domain)."""
    found = [
        each
        for resource in RESOURCES
        for each in _of(rollups[resource], rollups.every, resource, vms if resource in OF_VMS else ())
    ]
    order = sorted(found, key=lambda each: (-(each.volatility or 0.0), each.resource, each.labels))
    return tuple(order)


@lru_cache(maxsize=2 * len(RESOURCES))  # a cycle reads one row of the past: the others stay as they are
def _of(past: Rollup, every: int, resource: str, vms: tuple[tuple[str, str], ...]) -> tuple[Pattern, ...]:
    hours = living(past, resource, vms)
    if not len(hours.ends):
        return ()
    names, told = RESOURCES[resource], rhythm(hours.mean, hours.ends, every)
    return tuple(
        Pattern(
            tuple(sorted(zip(names, key, strict=True))),
            resource,
            told.kinds[at],
            int(told.busiest[at]),
            *(
                float(each[at]) if np.isfinite(each[at]) else None
                for each in (told.busy, told.daily, told.weekly, told.volatility, told.growth)
            ),
        )
        for at, key in enumerate(hours.labels)
        if told.kinds[at] != UNKNOWN
    )


INFO = Metric(
    "virtcast_pattern_info",
    Kind.GAUGE,
    f"Kind of load, from the hours of four weeks: {', '.join(CLASSES[:-1])}; always 1, absent without two"
    " weeks.",
    ("kind",),
)
ADVISER = adviser(
    "patterns",
    "Varies most",
    Advice(
        "/api/v1/patterns",
        "The kind of load of VMs and hosts, their busiest hour, season, spread and growth.",
        advised,
        lambda of: of.labels,
        (
            Output(
                "resource", "text", "What.", lambda of: of.resource, column=Column("Resource", whole=True)
            ),
            Output("of", "text", "Whose.", lambda of: named(of.labels), column=Column("Of", about=True)),
            Output(
                "kind",
                "text",
                "idle, growing, weekly, daily, bursty, or steady.",
                lambda of: of.kind,
                INFO,
                Column("Kind", whole=True),
            ),
            Output(
                "busiest_hour",
                "count",
                "The busiest hour of the day, UTC.",
                lambda of: of.busiest,
                column=Column("Busiest (UTC)", number=True),
                text=lambda of: f"{of.busiest}:00",
            ),
            Output(
                "busiest_level",
                "number",
                "Its mean.",
                lambda of: of.busy,
                column=Column("Then", number=True),
                text=lambda of: "" if of.busy is None else amount(of.busy, "ratio"),
            ),
            Output("daily", "number", "Share of the variance by the hour of the day.", lambda of: of.daily),
            Output("weekly", "number", "Share of the rest by the hour of the week.", lambda of: of.weekly),
            Output(
                "volatility",
                "number",
                "Spread of what the hour of the day does not explain, as a share of the mean.",
                lambda of: of.volatility,
                column=Column("Spread", number=True),
                text=lambda of: "" if of.volatility is None else amount(of.volatility, "ratio"),
            ),
            Output("growth", "number", "What the mean grows in 30 days.", lambda of: of.growth),
        ),
        also=("resource",),
    ),
    nothing="Not known: less than two weeks are.",
)
