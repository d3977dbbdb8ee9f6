"""Series on one even grid: what a backend answered becomes a matrix whose rows keep their own labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from forecaster.series.labels import Labels


class Track(NamedTuple):
    """One series as a backend returned it: times in Unix seconds, ascending, and values; both (k,)."""

    labels: Labels
    times: NDArray[np.float64]
    values: NDArray[np.float64]


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

    def last_seen(self) -> dict[Labels, int]:
        """The Unix second of the last sample of each series that has one."""
        found = {}
        for labels, present in zip(self.labels, self.present, strict=True):
            slots = np.flatnonzero(present)
            if len(slots):
                found[labels] = int(self.timestamps[slots[-1]])
        return found


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
    rows, slots, samples = _placed(list(chosen.values()), timestamps)
    present[rows, slots] = True
    values[rows, slots] = samples
    values[~np.isfinite(values)] = np.nan
    return Frame(tuple(chosen), timestamps, values, present, duplicates)


def _placed(
    tracks: Sequence[Track], timestamps: NDArray[np.int64]
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
    """Of each sample that lies on the grid the track's number, the slot and the value, in their order."""
    none = np.empty(0)
    if not len(timestamps):
        return none.astype(np.intp), none.astype(np.intp), none
    step = int(timestamps[1] - timestamps[0]) if len(timestamps) > 1 else 1
    times = np.concatenate([none, *(track.times for track in tracks)])
    places = np.rint((times - timestamps[0]) / step)
    inside = (places >= 0) & (places < len(timestamps))
    rows = np.repeat(np.arange(len(tracks)), [len(track.times) for track in tracks])
    values = np.concatenate([none, *(track.values for track in tracks)])
    return rows[inside], places[inside].astype(np.intp), values[inside]


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
