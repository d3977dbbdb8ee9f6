"""Adviser: what to look at first, now and soon. A VM is one issue, whatever of it is wrong.

Urgent is, in this order: a limit that is reached; one that will be within a day; what is unusual now; a limit
that will be reached later.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from forecaster.advice.exhaustion import LIKELY
from forecaster.advice.explanation import sentence
from forecaster.advice.finding import Adviser, Column, Finding
from forecaster.advice.wording import amount, named, rough
from forecaster.engine.anomaly import PRESENT
from forecaster.series.labels import vm_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from forecaster.series.labels import Labels
    from forecaster.view.rows import Rows
    from forecaster.view.view import Fresh

KINDS = REACHED, SOON, UNUSUAL, LATER = ("exhausted", "exhaustion_soon", "anomaly", "exhaustion_later")
TEXTS = {REACHED: "at its limit", SOON: "limit within a day", UNUSUAL: "unusual", LATER: "limit later"}
DAY = 86_400  # seconds: soon
TOP = 5


class Sign(NamedTuple):
    """What is wrong with one series: the kind, what it is sorted by within that, and the row."""

    kind: str
    order: float
    rows: Rows
    row: int

    @property
    def rank(self) -> tuple[int, float, str, Labels]:
        """The most urgent first."""
        return KINDS.index(self.kind), self.order, self.rows.resource.name, self.rows.labels[self.row]

    @property
    def seconds(self) -> float:
        """Until the limit is reached; inf = that is not in sight."""
        return float(self.rows.outlook.exhaustion_seconds[self.row])

    def text(self) -> str:
        """The reason in words."""
        resource, bounds = self.rows.resource, self.rows.bounds[self.row]
        if self.kind == UNUSUAL:
            return sentence(self.rows.figures(self.row))
        limit = f"the limit of {amount(bounds.limit, resource.unit)}"
        now = amount(float(self.rows.values[self.row]), resource.unit)
        if self.kind == REACHED:
            return f"{now}, at {limit}"
        if np.isfinite(self.seconds):
            return f"now {now}; reaches {limit} in {rough(self.seconds)}"
        chance = 100 * float(self.rows.outlook.probability[-1, self.row])
        return f"now {now}; reaches {limit} within {resource.horizons[-1].label}, probability {chance:.0f} %"


@dataclass(frozen=True)
class Issue:
    """What is wrong with one VM, or with a series of none: its signs, the most urgent first."""

    labels: Labels  # of the VM or the series
    signs: tuple[Sign, ...]

    @property
    def resource(self) -> str:
        """The resource of its series; empty where they are of several."""
        names = {sign.rows.resource.name for sign in self.signs}
        return names.pop() if len(names) == 1 else ""

    def text(self) -> str:
        """The first sign in words, and how many more there are."""
        first, more = self.signs[0], len(self.signs) - 1
        title = f"{first.rows.resource.title}{_part(first, self.labels)}: {first.text()}"
        return f"{title}; and {more} more" if more else title


def issues(rows: Iterable[Rows]) -> list[Issue]:
    """All of them, the most urgent first."""
    found: dict[Labels, list[Sign]] = {}
    for sign in sorted((sign for each in rows for sign in signs(each)), key=lambda sign: sign.rank):
        labels = sign.rows.labels[sign.row]
        found.setdefault(vm_of(labels) or labels, []).append(sign)
    return [Issue(labels, tuple(mine)) for labels, mine in found.items()]


def signs(rows: Rows) -> Iterator[Sign]:
    """What is wrong with each series of a resource; two signs where a limit is in sight and it is unusual."""
    seconds, chance = rows.outlook.exhaustion_seconds, rows.outlook.probability[-1]
    for row in np.flatnonzero(np.isfinite(seconds) | (chance >= LIKELY)):
        left = float(seconds[row])
        kind = REACHED if left <= 0 else SOON if left <= DAY else LATER
        yield Sign(kind, left if np.isfinite(left) else 1e18 * (2 - chance[row]), rows, int(row))
    for row in np.flatnonzero(rows.score >= PRESENT):
        yield Sign(UNUSUAL, -float(rows.score[row]), rows, int(row))


def _part(sign: Sign, of: Labels) -> str:
    """Which part of a VM it is: a mount point, a device."""
    own = tuple(pair for pair in sign.rows.labels[sign.row] if pair not in of)
    text = named(own)
    return f" ({text})" if text else ""


def advise(fresh: Fresh) -> Iterator[Finding]:
    """The issues."""
    for place, issue in enumerate(issues(fresh.rows)):
        yield Finding((place,), partial(_cells, issue), issue.resource, issue.labels)


def _cells(issue: Issue) -> tuple[str, ...]:
    return TEXTS[issue.signs[0].kind], named(issue.labels), issue.text()


ADVISER = Adviser(
    "issues",
    "Look at first",
    (Column("Issue", whole=True), Column("Of", about=True), Column("Reason")),
    advise,
    nothing="Nothing: no limit is in sight, and nothing is unusual.",
    most=TOP,
)
