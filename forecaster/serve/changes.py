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
        self._recent: dict[Labels, int] = {}  # when series joined that may be others under a new label

    def joined(self, series: Collection[Labels], gone: Collection[Labels], now: int) -> None:
        """These series joined at grid instant `now`; `gone` are those that were known and dropped."""
        new = [row for row in series if row not in gone]
        self.counts["new"] += len(new)
        self.counts["returned"] += len(series) - len(new)
        self._recent |= dict.fromkeys(new, now)
        self._drifted({*gone, *self._stale})

    def renamed(self, number: int) -> None:
        """So many series are called otherwise now."""
        self.counts["renamed"] += number

    def seen(self, labels: Iterable[Labels], states: Iterable[State], now: int, recent: int) -> None:
        """The states of the series with an engine at grid instant `now`, before those that are gone are
        dropped. What joined within the last `recent` seconds may be one that is stale from now on: a series
        under new labels joins before the old ones are stale.
        """
        told = list(zip(labels, states, strict=True))
        stale = frozenset(row for row, state in told if state is State.STALE)
        self.counts["stale"] += len(stale - self._stale)
        self.counts["vanished"] += sum(state is State.GONE for _, state in told)
        self._recent = {row: at for row, at in self._recent.items() if now - at <= recent}
        self._drifted(stale - self._stale)
        self._stale = stale

    def _drifted(self, silent: Collection[Labels]) -> None:
        """Count the series that joined lately and are like one of these, each once."""
        if not silent:
            return
        shorter = {each for row in silent for each in _without_one(row)}
        known = {*silent, *(rest for rest, _ in shorter)}
        found = {row for row in self._recent if _has_drifted(row, silent, known, shorter)}
        self.counts["label_drift"] += len(found)
        self._recent = {row: at for row, at in self._recent.items() if row not in found}


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
