"""Adviser: what to look at first, now and soon. One cause is one issue.

A VM is one issue, whatever of it is wrong. A VM that takes what its neighbours lack is one with them, but for
those that reach a limit. A full pool is one with the VMs that stand still because of it. Urgent is what is
severe; of that, in this order: a VM that stands still; a limit that is reached; one that will be within a
day; such a neighbour; what is unusual now; a limit that will be reached later. What is the most urgent of an
issue makes its kind, its severity and its action, and comes first in its text.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np

from forecaster.advice.confidence import MEASURED, of_neighbour
from forecaster.advice.finding import Adviser, Column, Finding
from forecaster.advice.neighbours import causes, neighbours
from forecaster.advice.signs import LATER, NEIGHBOUR, REACHED, SOON, STOPPED, UNUSUAL, Urgency, signs
from forecaster.advice.standstill import standstills
from forecaster.advice.wording import amount, listed, named, shown
from forecaster.series.labels import vm_of
from forecaster.view.inventory import Inventory

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from forecaster.advice.neighbours import Neighbour
    from forecaster.advice.signs import Sign
    from forecaster.advice.standstill import Standstill
    from forecaster.series.labels import Labels
    from forecaster.view.rows import Rows
    from forecaster.view.view import Fresh

TEXTS = {
    STOPPED: "stands still",
    REACHED: "at its limit",
    SOON: "limit within a day",
    NEIGHBOUR: "takes from its neighbours",
    UNUSUAL: "unusual",
    LATER: "limit later",
}
ACTIONS = {
    "vm_cpu": "look at what uses its CPUs; see Sizes for how many it needs",
    "vm_memory": "look for a leak; see Sizes for how much memory it needs",
    "vm_filesystem": "delete files in the guest, or extend disk and file system",
    "vm_disk_allocation": "see whether its pool has room for the whole disk; delete old snapshots",
    "host_cpu": "move a VM to a host with room",
    "host_memory": "move a VM to a host with room",
    "pool": "extend the pool, or delete volumes that no VM uses",
}
AWAY = "move it to a host with room, or limit it"
ROOM_FIRST = "extend it, or delete what nobody uses; then virsh resume what stands still"
ERROR_FIRST = "ask virsh domblkerror which disk; mend its storage, then virsh resume"
OF_ITS_OWN = {"vm_memory", "vm_filesystem", "vm_disk_allocation"}
"""What a VM fills by itself, whatever its neighbours take of CPUs and disk time."""
TOP = 5
NOTHING = Inventory()


@dataclass(frozen=True)
class Issue:
    """What is wrong with one VM, or with a series of none: its signs, the most urgent first.

    `takes`: what it takes from its neighbours; their signs are among its own. `cause`: the neighbour that
    takes from it. `stopped`: the VMs that stand still since writing to it failed, itself where it is a VM.
    """

    labels: Labels  # of the VM, the series or the storage
    signs: tuple[Sign, ...]
    takes: Neighbour | None = None
    cause: Neighbour | None = None
    stopped: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The same for the same VM or series, in every cycle and after a restart."""
        text = "\x00".join(f"{name}\x01{value}" for name, value in self.labels)
        return blake2b(text.encode(errors="replace"), digest_size=6).hexdigest()

    @property
    def still(self) -> tuple[Labels, ...]:
        """The labels of the VMs that stand still: storage is of one host, as they are."""
        host = tuple(pair for pair in self.labels if pair[0] == "instance")
        return tuple((("domain", name), *host) for name in self.stopped)

    @property
    def urgency(self) -> Urgency:
        """That of the most urgent of what is wrong."""
        found = [self.signs[0].urgency] if self.signs else []
        found += ([Urgency.of(NEIGHBOUR)] if self.takes else []) + (
            [Urgency.of(STOPPED)] if self.stopped else []
        )
        return min(found, key=lambda each: each.rank)

    @property
    def kind(self) -> str:
        """The most urgent of what is wrong."""
        return self.urgency.kind

    @property
    def severity(self) -> str:
        """As of an alert on the most urgent."""
        return self.urgency.severity

    @property
    def confidence(self) -> float:
        """How sure the most urgent of what is wrong is, from 0 to 1; NaN where that is not known."""
        if self.kind == STOPPED:
            return MEASURED
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
        """What stands still; the first sign, how many more there are, what deviated first; the cause; what it
        takes. The signs of a VM that takes are told if one is more urgent than that.
        """
        parts = [self._standstill()] if self.stopped else []
        if self.signs and (self.takes is None or self.signs[0].urgency.rank < Urgency.of(NEIGHBOUR).rank):
            parts += self._signs()
        if self.takes is not None:
            parts.append(self.takes.text())
        return "; ".join(parts)

    def _standstill(self) -> str:
        """Of a pool: web, db stand still: they found no room to write."""
        if vm_of(self.labels):
            return "stands still: a disk returned an error"
        return f"{listed(self.stopped)} {'stand' if self.stopped[1:] else 'stands'} still: no room to write"

    def _signs(self) -> Iterator[str]:
        first, more = self.signs[0], len(self.signs) - 1
        title = f"{first.rows.resource.title}{_part(first, self.labels)}: {first.text()}"
        yield title
        if more:
            yield f"and {more} more"
        if self.origin is not None and self.takes is None:
            title, part = self.origin.rows.resource.title, _part(self.origin, self.labels)
            yield f"deviated first: {title}{part}"
        if self.cause is not None:
            yield f"likely cause: its neighbour {shown(dict(self.cause.labels)['domain'])}"

    def action(self) -> str:
        """What an operator would do next."""
        if self.kind == STOPPED:
            return ROOM_FIRST if not vm_of(self.labels) else ERROR_FIRST
        if self.kind == NEIGHBOUR:
            return AWAY
        if self.cause is not None:
            return f"look at its neighbour {shown(dict(self.cause.labels)['domain'])} first"
        first = self.signs[0]
        if first.kind == UNUSUAL:
            return "ask what changed when it began"
        return ACTIONS.get(first.rows.resource.name, "make room, or raise the limit")


def issues_of(fresh: Fresh) -> list[Issue]:
    """All issues of what is fresh."""
    return issues(
        fresh.rows,
        neighbours(fresh.view.steps, fresh.inventory, fresh.view.rollups),
        standstills(fresh.inventory),
        fresh.inventory,
    )


def issues(
    rows: Iterable[Rows],
    takers: Sequence[Neighbour] = (),
    still: Sequence[Standstill] = (),
    inventory: Inventory = NOTHING,
) -> list[Issue]:
    """All of them, the most urgent first; `takers` take from their neighbours, `still` stand still."""
    blamed, own = causes(takers), {each.labels: each for each in takers}
    found: dict[Labels, list[Sign]] = {labels: [] for labels in own}
    known = (sign for each in rows for sign in signs(each, inventory))
    for sign in sorted(known, key=lambda sign: sign.rank):
        labels = sign.rows.labels[sign.row]
        of = vm_of(labels) or labels
        cause = blamed.get(of) if sign.rows.resource.name not in OF_ITS_OWN else None
        merged = cause is not None and of not in own and sign.kind == UNUSUAL
        found.setdefault(cause.labels if cause is not None and merged else of, []).append(sign)
    stopped = _stopped(still, found)
    found |= {of: [] for of in stopped if of not in found}
    told = [
        Issue(of, tuple(mine), own.get(of), _cause(mine, blamed.get(of)), stopped.get(of, ()))
        for of, mine in found.items()
    ]
    return sorted(told, key=_rank)


def _stopped(still: Sequence[Standstill], known: Iterable[Labels]) -> Mapping[Labels, tuple[str, ...]]:
    """The names of VMs that stand still, by what is to be looked at: its series, where it has one."""
    series = [of for of in known if not vm_of(of)]
    names: dict[Labels, tuple[str, ...]] = {}
    for each in still:
        of = next((of for of in series if each.storage and set(each.storage) <= set(of)), each.about)
        names[of] = (*names.get(of, ()), dict(each.vm)["domain"])
    return names


def _cause(found: Sequence[Sign], neighbour: Neighbour | None) -> Neighbour | None:
    """The neighbour, where the most urgent of what is wrong is something that one can cause."""
    return neighbour if found and found[0].rows.resource.name not in OF_ITS_OWN else None


def _rank(issue: Issue) -> tuple[tuple[int, int], tuple[object, ...]]:
    """The most urgent first; of storage and of neighbours those that hurt the most VMs."""
    if issue.kind == STOPPED:
        return issue.urgency.rank, (-len(issue.stopped), issue.labels)
    if issue.kind == NEIGHBOUR and issue.takes is not None:
        return issue.urgency.rank, (-len(issue.takes.victims), issue.labels)
    return issue.urgency.rank, issue.signs[0].rank


def _part(sign: Sign, of: Labels) -> str:
    """Which part of a VM it is: a mount point, a device."""
    own = tuple(pair for pair in sign.rows.labels[sign.row] if pair not in of)
    text = named(own)
    return f" ({text})" if text else ""


def advise(fresh: Fresh) -> Iterator[Finding]:
    """The issues."""
    for place, issue in enumerate(issues_of(fresh)):
        yield Finding((place,), partial(_cells, issue), issue.resource, issue.labels)


def _cells(issue: Issue) -> tuple[str, ...]:
    return _kind(issue), named(issue.labels), f"{issue.text()}. Next: {issue.action()}"


def _kind(issue: Issue) -> str:
    """The kind, and how sure it is where it is not measured; the probability of less than is said is none."""
    sure = issue.confidence
    measured = sure >= MEASURED or np.isnan(sure) or (issue.kind == LATER and issue.signs[0].far)
    return TEXTS[issue.kind] if measured else f"{TEXTS[issue.kind]}, confidence {amount(sure, 'ratio')}"


ADVISER = Adviser(
    "issues",
    "Look at first",
    (Column("Issue", whole=True), Column("Of", about=True), Column("Reason")),
    advise,
    nothing="Nothing: no limit is in sight, and nothing is unusual.",
    most=TOP,
)
