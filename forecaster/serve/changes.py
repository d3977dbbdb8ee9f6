"""What happens to the series of a resource, counted since the program started."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.series.state import State

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from forecaster.series.labels import Labels

# A series joined; one that was gone joined again; one is gone; one changed a label of `follow`; one joined
# that is like one without samples but for a label that is added, missing or called otherwise; one has no
# samples any more.
CHANGES = ("new", "returned", "vanished", "renamed", "label_drift", "stale")


class Changes:
    """Counters by kind of change."""

    def __init__(self) -> None:
        self.counts = dict.fromkeys(CHANGES, 0)
        self._stale: frozenset[Labels] = frozenset()

    def joined(self, series: Collection[Labels], gone: Collection[Labels]) -> None:
        """These series joined; `gone` are those that were known and dropped."""
        returned = sum(row in gone for row in series)
        self.counts["new"] += len(series) - returned
        self.counts["returned"] += returned
        silent = {*gone, *self._stale}
        shorter = {each for row in silent for each in _without_one(row)}
        known = silent | {rest for rest, _ in shorter}
        self.counts["label_drift"] += sum(
            row not in gone and _has_drifted(row, silent, known, shorter) for row in series
        )

    def renamed(self, number: int) -> None:
        """So many series are called otherwise now."""
        self.counts["renamed"] += number

    def seen(self, labels: Iterable[Labels], states: Iterable[State]) -> None:
        """The states of the series with an engine, before those that are gone are dropped."""
        told = list(zip(labels, states, strict=True))
        stale = frozenset(row for row, state in told if state is State.STALE)
        self.counts["stale"] += len(stale - self._stale)
        self.counts["vanished"] += sum(state is State.GONE for _, state in told)
        self._stale = stale


def _has_drifted(
    row: Labels,
    silent: Collection[Labels],
    known: Collection[Labels],
    shorter: Collection[tuple[Labels, str]],
) -> bool:
    """Whether a silent series has a label more than `row`, one less, or one of another name and its value."""
    mine = list(_without_one(row))
    return row in known or any(rest in silent for rest, _ in mine) or any(each in shorter for each in mine)


def _without_one(row: Labels) -> Iterator[tuple[Labels, str]]:
    """The series without one of its labels, and that label's value."""
    for at, (_, value) in enumerate(row):
        yield row[:at] + row[at + 1 :], value
