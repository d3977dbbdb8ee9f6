"""Adviser: which series are most unusual now, since when and why."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from forecaster.advice.explanation import sentence
from forecaster.advice.finding import Adviser, Column, Finding
from forecaster.advice.wording import named, rough
from forecaster.engine.anomaly import PRESENT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forecaster.view.rows import Rows
    from forecaster.view.view import Fresh


def advise(fresh: Fresh) -> Iterator[Finding]:
    """The anomalous series; of equal scores the latest to begin first."""
    for rows in fresh.rows:
        began = rows.outlook.reasons.onset
        for row in np.flatnonzero(rows.score >= PRESENT):
            order = (-float(rows.score[row]), -float(began[row]), rows.resource.name, rows.labels[row])
            cells = partial(_cells, rows, int(row), fresh.now)
            yield Finding(order, cells, rows.resource.name, rows.labels[row])


def _cells(rows: Rows, row: int, now: float) -> tuple[str, ...]:
    return (
        rows.resource.name,
        named(rows.labels[row]),
        f"{rows.score[row]:.2f}",
        f"{rough(now - float(rows.outlook.reasons.onset[row]))} ago",
        sentence(rows.figures(row)),
    )


ADVISER = Adviser(
    "anomaly",
    "Unusual now",
    (
        Column("Resource", whole=True),
        Column("Series", about=True),
        Column("Score", number=True),
        Column("Since", number=True),
        Column("Why"),
    ),
    advise,
)
