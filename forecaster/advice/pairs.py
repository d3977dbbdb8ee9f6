"""Adviser: VMs whose load moves together, and which of them follows, by how many hours.

It is a tie, no cause: both may follow a third. What moves together is best not placed on one host, and what
follows tells what the next hour brings.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from forecaster.advice.finding import Column
from forecaster.advice.lagged import ties
from forecaster.advice.output import Advice, Output, adviser
from forecaster.advice.wording import named
from forecaster.config.durations import written
from forecaster.view.living import living
from forecaster.view.rollups import HOURS, VM

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forecaster.series.labels import Labels
    from forecaster.view.rollups import Rollup, Rollups
    from forecaster.view.view import Fresh

RESOURCES = ("vm_cpu", "vm_disk", "vm_network")
MOST = 400
"""Series of a resource that are compared, those that vary most: 80,000 pairs at seven lags take .2 s of CPU
time, once an hour for each resource."""


@dataclass(frozen=True)
class Pair:
    """Two VMs: the follower does what the leader did `lag` seconds before; 0: at the same time."""

    leader: Labels
    follower: Labels
    resource: str
    lag: int
    correlation: float

    def text(self) -> str:
        """For example: 2h after domain=db, instance=h1."""
        if not self.lag:
            return f"at the same time as {named(self.leader)}"
        return f"{written(self.lag)} after {named(self.leader)}"


def advised(fresh: Fresh) -> Sequence[Pair]:
    """The closest pairs of each resource, the closest first."""
    return pairs(fresh.view.rollups, fresh.inventory.keys)


@lru_cache(maxsize=2)
def pairs(rollups: Rollups, vms: tuple[tuple[str, str], ...] = ()) -> tuple[Pair, ...]:
    """From the past of what there still is; `vms` are the VMs (instance, domain)."""
    found = [each for resource in RESOURCES for each in _of(rollups[resource], rollups.every, resource, vms)]
    return tuple(sorted(found, key=lambda each: (-each.correlation, each.resource, each.leader)))


@lru_cache(maxsize=len(RESOURCES))  # a cycle reads one row of the past: the others stay as they are
def _of(past: Rollup, every: int, resource: str, vms: tuple[tuple[str, str], ...]) -> tuple[Pair, ...]:
    hours = living(past, resource, vms)
    if not hours.labels:
        return ()
    chosen = np.sort(np.argsort(-_variation(hours), kind="stable")[:MOST])
    labels = [tuple(sorted(zip(VM, hours.labels[at], strict=True))) for at in chosen]
    return tuple(
        Pair(labels[tie.leader], labels[tie.follower], resource, tie.lag * every, tie.correlation)
        for tie in ties(hours.mean[:, chosen], HOURS)
        if hours.labels[chosen[tie.leader]][1] != hours.labels[chosen[tie.follower]][1]  # one that migrated
    )


def _variation(hours: Rollup) -> np.ndarray:
    """The spread of each series as a share of its mean; 0 where little is known."""
    values = hours.mean.astype(float)
    known = np.maximum(np.isfinite(values).sum(axis=0), 1)
    mean = np.nansum(values, axis=0) / known
    spread = np.sqrt(np.nansum((values - mean) ** 2, axis=0) / known)
    found: np.ndarray = np.where(mean > 0, spread / np.where(mean > 0, mean, 1.0), 0.0)
    return found


ADVISER = adviser(
    "pairs",
    "Move together",
    Advice(
        "/api/v1/pairs",
        "VMs whose load beyond its season moves together, and which follows by how many hours.",
        advised,
        lambda of: of.follower,
        (
            Output(
                "resource", "text", "What.", lambda of: of.resource, column=Column("Resource", whole=True)
            ),
            Output("of", "text", "The VM.", lambda of: named(of.follower), column=Column("VM", about=True)),
            Output("leader", "text", "The VM that it follows.", lambda of: named(of.leader)),
            Output("lag", "count", "By how many seconds; 0: at the same time.", lambda of: of.lag),
            Output(
                "correlation",
                "number",
                "Of what the hour of the week does not explain.",
                lambda of: of.correlation,
                column=Column("Correlation", number=True),
                text=lambda of: f"{of.correlation:.2f}",
            ),
            Output("text", "text", "In words.", Pair.text, column=Column("Moves")),
        ),
    ),
    nothing="No two, as far as at least two weeks tell.",
)
