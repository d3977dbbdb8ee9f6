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

    from forecaster.view.rows import Rows
    from forecaster.view.view import Fresh

LIKELY = 0.005
"""A smaller probability is shown as 0 %: such a series is not running out."""


def advise(fresh: Fresh) -> Iterator[Finding]:
    """The series whose limit will be reached, as far as is foreseen."""
    for rows in fresh.rows:
        seconds, probability = rows.outlook.exhaustion_seconds, rows.outlook.probability[-1]
        for row in np.flatnonzero(np.isfinite(seconds) & (probability >= LIKELY)):
            order = (float(seconds[row]), -float(probability[row]), rows.resource.name, rows.labels[row])
            yield Finding(order, partial(_cells, rows, int(row)), rows.resource.name, rows.labels[row])


def _cells(rows: Rows, row: int) -> tuple[str, ...]:
    resource = rows.resource
    seconds = float(rows.outlook.exhaustion_seconds[row])
    probability = float(rows.outlook.probability[-1, row])
    return (
        resource.name,
        named(rows.labels[row]),
        amount(float(rows.values[row]), resource.unit),
        "now" if seconds <= 0 else f"in {rough(seconds)}",
        f"{100 * probability:.0f} % in {resource.horizons[-1].label}",
        slow_trend(rows.figures(row)),
    )


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
    nothing="None in sight.",
)
