"""Series on one even grid: what a backend answered becomes a matrix whose rows keep their own labels."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

Labels = tuple[tuple[str, str], ...]  # sorted by name, without __name__: a series' identity
NEVER = np.iinfo(np.int64).min


class State(StrEnum):
    """What can be said of a series now; exactly one holds."""

    LEARNING = "learning"  # too little history to judge it
    READY = "ready"
    STALE = "stale"  # no sample for a few steps: nothing is predicted for it
    GONE = "gone"  # no sample for long: forgotten soon
    UNUSABLE = "unusable"  # samples come, but they are not numbers


class Track(NamedTuple):
    """One series as a backend returned it: times in Unix seconds, ascending, and values; both (k,)."""

    labels: Labels
    times: NDArray[np.float64]
    values: NDArray[np.float64]


def identity(labels: Mapping[str, str]) -> Labels:
    """The full label set, order-free; the metric's name is no part of it (functions drop it, selectors keep
    it).
    """
    return tuple(sorted((name, value) for name, value in labels.items() if name != "__name__"))


@dataclass(frozen=True)
class Frame:
    """A window of series on the grid.

    `timestamps` (T,) int64 Unix seconds, multiples of the step; `values` (n, T), NaN where there is no finite
    sample; `present` (n, T), true where a sample came, number or not. `duplicates` counts series left out
    because another one had the same labels.
    """

    labels: tuple[Labels, ...]
    timestamps: NDArray[np.int64]
    values: NDArray[np.float64]
    present: NDArray[np.bool_]
    duplicates: int = 0


def grid(start: int, end: int, step: int) -> NDArray[np.int64]:
    """The multiples of `step` in [start, end]."""
    return np.arange(-(-start // step) * step, end + 1, step, dtype=np.int64)


def align(tracks: Iterable[Track], timestamps: NDArray[np.int64]) -> Frame:
    """Tracks laid on the grid; a sample off the grid by half a step or more beyond its ends is ignored.

    Of several samples in a slot the last one stands. Of several series with equal labels the first one
    stands.
    """
    chosen: dict[Labels, Track] = {}
    duplicates = 0
    for track in tracks:
        duplicates += track.labels in chosen
        chosen.setdefault(track.labels, track)
    values = np.full((len(chosen), len(timestamps)), np.nan)
    present = np.zeros(values.shape, dtype=bool)
    step = int(timestamps[1] - timestamps[0]) if len(timestamps) > 1 else 1
    for row, track in enumerate(chosen.values()):
        slots = (
            np.rint((track.times - timestamps[0]) / step).astype(np.int64)
            if len(timestamps)
            else np.empty(0, int)
        )
        inside = (slots >= 0) & (slots < len(timestamps))
        present[row, slots[inside]] = True
        values[row, slots[inside]] = track.values[inside]
    values[~np.isfinite(values)] = np.nan
    return Frame(tuple(chosen), timestamps, values, present, duplicates)


def select(frame: Frame, rows: Sequence[int]) -> Frame:
    """The frame with the given rows only."""
    index = np.asarray(rows, dtype=np.intp)
    labels = tuple(frame.labels[row] for row in rows)
    return Frame(labels, frame.timestamps, frame.values[index], frame.present[index], frame.duplicates)


def arrange(frame: Frame, labels: Sequence[Labels]) -> Frame:
    """The frame's series in the order of `labels`; all missing for a series the frame does not have."""
    at = {series: row for row, series in enumerate(frame.labels)}
    source = np.array([at.get(series, -1) for series in labels], dtype=np.intp)
    found = source >= 0
    values = np.full((len(labels), len(frame.timestamps)), np.nan)
    present = np.zeros(values.shape, dtype=bool)
    values[found] = frame.values[source[found]]
    present[found] = frame.present[source[found]]
    return Frame(tuple(labels), frame.timestamps, values, present, frame.duplicates)


def without(labels: Labels, left_out: Sequence[str]) -> Labels:
    """The labels without some names."""
    return tuple(pair for pair in labels if pair[0] not in left_out)


def shard_of(labels: Labels, shards: int) -> int:
    """The shard (0 … shards - 1) labels belong to: the same on every machine and in every run."""
    text = "\x00".join(f"{name}\x01{value}" for name, value in labels)
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big") % shards


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
