"""What deviated together: the anomalies of one VM or of one host, in the order in which they began.

What began first is the first place to look at, no proof of a cause. Anomalies that began in the same step
cannot be ordered: there may be several first ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from forecaster.series import Labels

VM = ("instance", "domain")
HOST = ("instance",)


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
