"""Adviser: which series reach their limit first."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from forecaster.advice.explanation import slow_trend
from forecaster.advice.finding import Adviser, Column, Finding
from forecaster.advice.wording import amount, named, rough

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forecaster.config.resource import Resource
    from forecaster.series.labels import Labels
    from forecaster.view.inventory import Inventory
    from forecaster.view.rows import Rows
    from forecaster.view.view import Fresh

POOL = "pool"  # the resource of storage pools
LIKELY = 0.5
"""Probability from which on a limit is likelier reached than not: the series is listed, with or without a
time."""


def advise(fresh: Fresh) -> Iterator[Finding]:
    """The series whose limit will be reached, as far as is foreseen; those without a time come last."""
    for rows in fresh.rows:
        seconds, probability = rows.outlook.exhaustion_seconds, rows.outlook.probability[-1]
        for row in ending(rows, fresh.inventory):
            order = (float(seconds[row]), -float(probability[row]), rows.resource.name, rows.labels[row])
            yield Finding(order, partial(_cells, rows, row), rows.resource.name, rows.labels[row])


def ending(rows: Rows, inventory: Inventory) -> list[int]:
    """The series whose limit is reached, or will be as far as is foreseen; none of pools of whole volumes."""
    seconds, probability = rows.outlook.exhaustion_seconds, rows.outlook.probability[-1]
    found = [int(row) for row in np.flatnonzero(np.isfinite(seconds) | (probability >= LIKELY))]
    whole = inventory.whole_pools if rows.resource.name == POOL else ()
    return [row for row in found if _pool(rows.labels[row]) not in whole] if whole else found


def _pool(labels: Labels) -> tuple[str, str]:
    named = dict(labels)
    return named.get("instance", ""), named.get("pool", "")


def _cells(rows: Rows, row: int) -> tuple[str, ...]:
    resource = rows.resource
    seconds = float(rows.outlook.exhaustion_seconds[row])
    probability = float(rows.outlook.probability[-1, row])
    horizon = resource.horizons[-1].label
    return (
        resource.name,
        named(rows.labels[row]),
        amount(float(rows.values[row]), resource.unit),
        _when(seconds, resource),
        f"{100 * probability:.0f} % in {horizon}",
        slow_trend(rows.figures(row)),
    )


def _when(seconds: float, resource: Resource) -> str:
    """When the limit is reached; where no time is known it is likely within the longest horizon."""
    return f"within {resource.horizons[-1].label}" if np.isinf(seconds) else time_left(seconds, resource)


def time_left(seconds: float, resource: Resource) -> str:
    """A time that is known. Beyond the longest horizon no probability is told: there the trend leads."""
    if seconds <= 0:
        return "now"
    return f"in {rough(seconds)}" + (" by its trend" if is_far(seconds, resource) else "")


def is_far(seconds: float, resource: Resource) -> bool:
    """Whether a time is known that no horizon reaches."""
    return resource.horizons[-1].seconds < seconds < np.inf


ADVISER = Adviser(
    "exhaustion",
    "Runs out first",
    (
        Column("Resource", whole=True),
        Column("Series", about=True),
        Column("Now", number=True),
        Column("Limit reached", number=True),
        Column("Probability", number=True),
        Column("Trend", whole=True),
    ),
    advise,
    nothing="No series: no end is in sight.",
)
