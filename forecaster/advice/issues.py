"""Adviser: what to look at first, now and soon. One cause is one issue.

A VM is one issue, whatever of it is wrong. A VM that takes what its neighbours lack is one with them, but for
those that reach a limit. Urgent is, in this order: a limit that is reached; one that will be within a day;
such a neighbour; what is unusual now; a limit that will be reached later.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from forecaster.advice.confidence import MEASURED, of_anomaly, of_exhaustion, of_neighbour
from forecaster.advice.exhaustion import LIKELY
from forecaster.advice.explanation import sentence
from forecaster.advice.finding import Adviser, Column, Finding
from forecaster.advice.neighbours import causes, neighbours
from forecaster.advice.wording import amount, named, rough, shown
from forecaster.config.resources import RESOURCES
from forecaster.engine.anomaly import PRESENT
from forecaster.series.labels import vm_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from forecaster.advice.neighbours import Neighbour
    from forecaster.series.labels import Labels
    from forecaster.view.rows import Rows
    from forecaster.view.view import Fresh

KINDS = REACHED, SOON, NEIGHBOUR, UNUSUAL, LATER = (
    "exhausted",
    "exhaustion_soon",
    "neighbour",
    "anomaly",
    "exhaustion_later",
)
TEXTS = {
    REACHED: "at its limit",
    SOON: "limit within a day",
    NEIGHBOUR: "takes from its neighbours",
    UNUSUAL: "unusual",
    LATER: "limit later",
}
SEVERITIES = {REACHED: "critical", SOON: "warning", NEIGHBOUR: "warning", UNUSUAL: "info", LATER: "info"}
"""In the words of alerts."""
LESS = {"vm_disk_allocation": "info", "vm_cpu": "warning", "host_cpu": "warning"}
"""At their limits, less than critical: a full image was allocated whole, a busy CPU may do its work."""
GRAVEST = ("critical", "warning", "info")
ACTIONS = {
    "vm_cpu": "look at what uses its CPUs; see Sizes for how many it needs",
    "vm_memory": "look for a leak; see Sizes for how much memory it needs",
    "vm_filesystem": "delete files in the guest, or extend disk and file system",
    "vm_disk_allocation": "see whether its pool has room for the whole disk; delete old snapshots",
    "host_cpu": "move a VM to a host with room",
    "host_memory": "move a VM to a host with room",
    "pool": "extend the pool, or delete volumes that no VM uses",
}
OF_ITS_OWN = {"vm_memory", "vm_filesystem", "vm_disk_allocation"}
"""What a VM fills by itself, whatever its neighbours take of CPUs and disk time."""
FELT = {each.name: place for place, each in enumerate(RESOURCES)}
"""Of two that are as urgent, what the guest feels comes first: a full file system before its full image."""
DAY = 86_400  # seconds: soon
TOP = 5


class Sign(NamedTuple):
    """What is wrong with one series: the kind, what it is sorted by within that, and the row."""

    kind: str
    order: float
    rows: Rows
    row: int

    @property
    def rank(self) -> tuple[int, float, int, str, Labels]:
        """The most urgent first."""
        name = self.rows.resource.name
        return KINDS.index(self.kind), self.order, FELT.get(name, len(FELT)), name, self.rows.labels[self.row]

    @property
    def seconds(self) -> float:
        """Until the limit is reached; inf = that is not in sight."""
        return float(self.rows.outlook.exhaustion_seconds[self.row])

    @property
    def onset(self) -> float:
        """When it began to be unusual, Unix seconds; NaN where it is not."""
        return float(self.rows.outlook.reasons.onset[self.row])

    @property
    def confidence(self) -> float:
        """How sure it is, from 0 to 1; NaN where that is not known."""
        if self.kind == REACHED:
            return MEASURED
        return of_anomaly(self.rows, self.row) if self.kind == UNUSUAL else of_exhaustion(self.rows, self.row)

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
    """What is wrong with one VM, or with a series of none: its signs, the most urgent first.

    `takes`: what it takes from its neighbours; their signs are among its own. `cause`: the neighbour that
    takes from it.
    """

    labels: Labels  # of the VM or the series
    signs: tuple[Sign, ...]
    takes: Neighbour | None = None
    cause: Neighbour | None = None

    @property
    def id(self) -> str:
        """The same for the same VM or series, in every cycle and after a restart."""
        text = "\x00".join(f"{name}\x01{value}" for name, value in self.labels)
        return blake2b(text.encode(errors="replace"), digest_size=6).hexdigest()

    @property
    def kind(self) -> str:
        """The most urgent of what is wrong."""
        kinds = [sign.kind for sign in self.signs] + ([NEIGHBOUR] if self.takes else [])
        return min(kinds, key=KINDS.index)

    @property
    def severity(self) -> str:
        """As of an alert: of limits that are reached the gravest."""
        if self.kind != REACHED:
            return SEVERITIES[self.kind]
        reached = (sign.rows.resource.name for sign in self.signs if sign.kind == REACHED)
        return min((LESS.get(name, SEVERITIES[REACHED]) for name in reached), key=GRAVEST.index)

    @property
    def confidence(self) -> float:
        """How sure the most urgent of what is wrong is, from 0 to 1; NaN where that is not known."""
        if self.kind == NEIGHBOUR and self.takes is not None:
            return of_neighbour(self.takes)
        return self.signs[0].confidence

    @property
    def resource(self) -> str:
        """The resource of its series; empty where they are of several."""
        names = {sign.rows.resource.name for sign in self.signs} if self.takes is None else set()
        return names.pop() if len(names) == 1 else ""

    @property
    def origin(self) -> Sign | None:
        """The sign of the series that deviated first, where several did and one did so before the others."""
        series = {(sign.rows.resource.name, sign.row): sign for sign in self.signs if np.isfinite(sign.onset)}
        ordered = sorted(series.values(), key=lambda sign: sign.onset)
        return ordered[0] if len(ordered) > 1 and ordered[0].onset < ordered[1].onset else None

    def text(self) -> str:
        """The first sign in words, how many more there are, what deviated first, and the likely cause."""
        if self.takes is not None:
            return self.takes.text()
        first, more = self.signs[0], len(self.signs) - 1
        title = f"{first.rows.resource.title}{_part(first, self.labels)}: {first.text()}"
        parts = [title, f"and {more} more"] if more else [title]
        if self.origin is not None:
            title, part = self.origin.rows.resource.title, _part(self.origin, self.labels)
            parts.append(f"deviated first: {title}{part}")
        if self.cause is not None:
            parts.append(f"likely cause: its neighbour {shown(dict(self.cause.labels)['domain'])}")
        return "; ".join(parts)

    def action(self) -> str:
        """What an operator would do next."""
        if self.kind == NEIGHBOUR:
            return "move it to a host with room, or limit it"
        if self.cause is not None:
            return f"look at its neighbour {shown(dict(self.cause.labels)['domain'])} first"
        first = self.signs[0]
        if first.kind == UNUSUAL:
            return "ask what changed when it began"
        return ACTIONS.get(first.rows.resource.name, "make room, or raise the limit")


def issues(rows: Iterable[Rows], takers: Sequence[Neighbour] = ()) -> list[Issue]:
    """All of them, the most urgent first; `takers` take from their neighbours."""
    blamed, own = causes(takers), {each.labels: each for each in takers}
    found: dict[Labels, list[Sign]] = {labels: [] for labels in own}
    for sign in sorted((sign for each in rows for sign in signs(each)), key=lambda sign: sign.rank):
        labels = sign.rows.labels[sign.row]
        of = vm_of(labels) or labels
        cause = blamed.get(of) if sign.rows.resource.name not in OF_ITS_OWN else None
        merged = cause is not None and of not in own and sign.kind == UNUSUAL
        found.setdefault(cause.labels if cause is not None and merged else of, []).append(sign)
    told = [Issue(of, tuple(mine), own.get(of), _cause(mine, blamed.get(of))) for of, mine in found.items()]
    return sorted(told, key=_rank)


def _cause(found: Sequence[Sign], neighbour: Neighbour | None) -> Neighbour | None:
    """The neighbour, where something is wrong that one can cause."""
    return neighbour if any(sign.rows.resource.name not in OF_ITS_OWN for sign in found) else None


def _rank(issue: Issue) -> tuple[int, tuple[object, ...]]:
    """The most urgent first; of neighbours the one with the most victims."""
    if issue.kind == NEIGHBOUR and issue.takes is not None:
        return KINDS.index(NEIGHBOUR), (-len(issue.takes.victims), issue.labels)
    return KINDS.index(issue.kind), issue.signs[0].rank


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
    takers = neighbours(fresh.view.steps, fresh.inventory)
    for place, issue in enumerate(issues(fresh.rows, takers)):
        yield Finding((place,), partial(_cells, issue), issue.resource, issue.labels)


def _cells(issue: Issue) -> tuple[str, ...]:
    return _kind(issue), named(issue.labels), f"{issue.text()}. Next: {issue.action()}"


def _kind(issue: Issue) -> str:
    """The kind, and how sure it is where it is not measured."""
    sure = issue.confidence
    measured = sure >= MEASURED or np.isnan(sure)
    return TEXTS[issue.kind] if measured else f"{TEXTS[issue.kind]}, confidence {amount(sure, 'ratio')}"


ADVISER = Adviser(
    "issues",
    "Look at first",
    (Column("Issue", whole=True), Column("Of", about=True), Column("Reason")),
    advise,
    nothing="Nothing: no limit is in sight, and nothing is unusual.",
    most=TOP,
)
