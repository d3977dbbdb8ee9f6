"""Adviser: what deviated together, the anomalies of one VM or of one host in the order in which they began.

What began first is the first place to look; it is no proof of a cause. Anomalies that began in the same step
cannot be ordered: several may be first.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from forecaster.advice.finding import Adviser, Column, Finding
from forecaster.advice.wording import named, rough, shown
from forecaster.config.durations import written

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from forecaster.series.labels import Labels
    from forecaster.view.rows import Rows
    from forecaster.view.view import Fresh

VM = ("instance", "domain")
HOST = ("instance",)
NAMED = 5  # series of one resource that deviated in the same step; the others are counted


@dataclass(frozen=True)
class Onset:
    """One series' anomaly: `at` Unix seconds at which it began."""

    at: float
    resource: str
    labels: Labels


@dataclass(frozen=True)
class Group:
    """The anomalies with the labels `of` in common, the earliest first."""

    of: Labels
    onsets: tuple[Onset, ...]

    @property
    def first(self) -> tuple[Onset, ...]:
        """Those that began before all others, in the same step."""
        return tuple(each for each in self.onsets if each.at == self.onsets[0].at)


def onsets(rows: Iterable[Rows]) -> list[Onset]:
    """The anomalies that go on, or began within the last hour."""
    return [
        Onset(float(each.outlook.reasons.onset[row]), each.resource.name, each.labels[row])
        for each in rows
        for row in each.anomalous
    ]


def groups(onsets: Iterable[Onset]) -> list[Group]:
    """The VMs with several anomalies, and the hosts with anomalies in several VMs or of their own beside a
    VM's; the largest group first.
    """
    known = list(onsets)
    vms = [group for group in _by(VM, known) if len(group.onsets) > 1]
    hosts = [
        group for group in _by(HOST, known) if len({_value(each, "domain") for each in group.onsets}) > 1
    ]
    return sorted((*vms, *hosts), key=lambda group: (-len(group.onsets), group.onsets[0].at, group.of))


def _by(names: tuple[str, ...], onsets: list[Onset]) -> list[Group]:
    """The anomalies by their values of the labels `names`; those that lack one belong to no group."""
    found: dict[Labels, list[Onset]] = {}
    for each in sorted(onsets, key=lambda onset: (onset.at, onset.resource, onset.labels)):
        of = tuple((name, _value(each, name)) for name in names)
        if all(value for _, value in of):
            found.setdefault(of, []).append(each)
    return [Group(of, tuple(members)) for of, members in found.items()]


def _value(onset: Onset, name: str) -> str:
    return dict(onset.labels).get(name, "")


def advise(fresh: Fresh) -> Iterator[Finding]:
    """The groups of anomalies, the largest first."""
    for place, group in enumerate(groups(onsets(fresh.rows))):
        yield Finding((place,), partial(_cells, group, fresh.now), "", group.of)


def _cells(group: Group, now: float) -> tuple[str, ...]:
    return (
        named(group.of),
        str(len(group.onsets)),
        f"{rough(now - group.onsets[0].at)} ago",
        in_order(group),
    )


def in_order(group: Group) -> str:
    """The anomalies of a group as people read them: vm_disk_latency of db, web; 5m later host_cpu."""
    parts: dict[int, dict[str, list[str]]] = {}
    for onset in group.onsets:
        at_once = parts.setdefault(int(onset.at - group.onsets[0].at), {})
        at_once.setdefault(onset.resource, []).append(_whose(onset, group))
    texts = {after: ", ".join(map(_several, resources.items())) for after, resources in parts.items()}
    return "; ".join(f"{written(after)} later {text}" if after else text for after, text in texts.items())


def _whose(onset: Onset, group: Group) -> str:
    """The values of the labels that tell a series from others of the group."""
    known = {name for name, _ in group.of} | {"provider"}
    return " ".join(shown(value) for name, value in onset.labels if name not in known)


def _several(resource: tuple[str, list[str]]) -> str:
    """A resource and whose it is, the first few by name."""
    name, owners = resource
    whose = [owner for owner in dict.fromkeys(owners) if owner]
    more = f" and {len(whose) - NAMED} more" if len(whose) > NAMED else ""
    return f"{name} of {', '.join(whose[:NAMED])}{more}" if whose else name


ADVISER = Adviser(
    "together",
    "Deviated together",
    (
        Column("Of", about=True),
        Column("Series", number=True),
        Column("Since", number=True),
        Column("In order"),
    ),
    advise,
)
