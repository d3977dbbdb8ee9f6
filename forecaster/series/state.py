"""What can be said of a series now, from when it was last seen."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.series.frame import Frame

NEVER = np.iinfo(np.int64).min


class State(StrEnum):
    """What can be said of a series now; exactly one holds."""

    LEARNING = "learning"  # too little history to judge it
    READY = "ready"
    STALE = "stale"  # no sample for a few steps: nothing is predicted for it
    GONE = "gone"  # no sample for long: forgotten soon
    UNUSABLE = "unusable"  # samples come, but they are not numbers


@dataclass(frozen=True)
class Presence:
    """When each series was last seen; arrays (n,) of Unix seconds, NEVER where not yet."""

    seen: NDArray[np.int64]  # a sample came
    valued: NDArray[np.int64]  # a finite sample came

    @classmethod
    def unseen(cls, count: int) -> Presence:
        """The presence of series nothing has come from yet."""
        return cls(np.full(count, NEVER), np.full(count, NEVER))

    def after(self, frame: Frame) -> Presence:
        """The presence once `frame` (the same series in the same order) has been seen."""
        times = frame.timestamps[None, :]
        seen = np.where(frame.present, times, NEVER).max(axis=1, initial=NEVER)
        valued = np.where(np.isfinite(frame.values), times, NEVER).max(axis=1, initial=NEVER)
        return Presence(np.maximum(self.seen, seen), np.maximum(self.valued, valued))

    def take(self, rows: NDArray[np.intp]) -> Presence:
        """The presence of the series at `rows`."""
        return Presence(self.seen[rows], self.valued[rows])

    def put(self, rows: NDArray[np.intp], other: Presence) -> Presence:
        """The presence where those at `rows` were seen when they or the other ones were, what is later."""
        seen, valued = self.seen.copy(), self.valued.copy()
        seen[rows] = np.maximum(seen[rows], other.seen)
        valued[rows] = np.maximum(valued[rows], other.valued)
        return Presence(seen, valued)

    def join(self, other: Presence) -> Presence:
        """These series followed by the other ones."""
        return Presence(np.concatenate((self.seen, other.seen)), np.concatenate((self.valued, other.valued)))

    def states(self, now: int, ready: NDArray[np.bool_], stale_after: int, gone_after: int) -> list[State]:
        """Each series' state at `now`; `stale_after` and `gone_after` in seconds without a sample."""
        gone = self.seen < now - gone_after
        stale = self.seen < now - stale_after
        unusable = self.valued < now - stale_after
        rules = ((gone, State.GONE), (stale, State.STALE), (unusable, State.UNUSABLE), (ready, State.READY))
        codes = np.select([mask for mask, _ in rules], range(len(rules)), default=len(rules))
        names = [*(state for _, state in rules), State.LEARNING]
        return [names[code] for code in codes]
