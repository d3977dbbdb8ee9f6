"""The last values of each series and the bands they were judged by, for charts.

A step is a column of its own that never changes, so a view shares the columns with the one before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from forecaster.series.labels import Labels

    Floats = NDArray[np.float64]
    # (3, n): values, lower and upper end of the band; NaN = missing, or not known
    Column = NDArray[np.float32]

MOST = 288  # steps that are kept: a day of 5 minutes; 3.5 kB a series
COLUMN_BYTES = 12  # of a step of a series: three numbers in single precision


class Track(NamedTuple):
    """One series: times in Unix seconds, values, lower and upper ends of the band; (k,) each."""

    times: Floats
    values: Floats
    lower: Floats
    upper: Floats


@dataclass(frozen=True)
class Recent:
    """The columns of the last steps, the oldest first, and their times in Unix seconds."""

    times: tuple[int, ...] = ()
    columns: tuple[Column, ...] = ()

    def after(self, times: NDArray[np.int64], values: Floats, lower: Floats, upper: Floats) -> Self:
        """With further steps `times` (k,): `values` (n, k), and the band (n,) of the last one."""
        first = max(0, len(times) - MOST)
        nothing = np.full(len(values), np.nan)
        bands = [(nothing, nothing)] * (len(times) - first - 1) + [(lower, upper)]
        with np.errstate(over="ignore"):  # a chart has no place for values above 3e38
            added = [
                np.array([value, *band], dtype=np.float32)
                for value, band in zip(values[:, first:].T, bands, strict=True)
            ]
        return type(self)((*self.times, *times[first:].tolist())[-MOST:], (*self.columns, *added)[-MOST:])

    def table(self, series: int) -> Column:
        """All columns (steps, 3, series) as one array, to be kept."""
        empty = np.empty((0, 3, series), np.float32)
        return np.stack(self.columns) if self.columns else empty

    @classmethod
    def of_table(cls, times: Sequence[int], table: Column) -> Self:
        """What `table` gave; raises ValueError where it is no such array."""
        if table.dtype != np.float32 or table.shape[:2] != (len(times), 3) or table.ndim != 3:
            raise ValueError("its last steps are no table of these times")
        return cls(tuple(times), tuple(table))

    def take(self, rows: NDArray[np.intp]) -> Self:
        """The series at `rows`."""
        return type(self)(self.times, tuple(column[:, rows] for column in self.columns))

    def join(self, other: Self, mine: int, theirs: int) -> Self:
        """These `mine` series followed by the other's `theirs`; nothing is known of steps that one lacks."""
        known = (
            dict(zip(self.times, self.columns, strict=True)),
            dict(zip(other.times, other.columns, strict=True)),
        )
        times = sorted(known[0].keys() | known[1].keys())[-MOST:]
        missing = (np.full((3, mine), np.nan, np.float32), np.full((3, theirs), np.nan, np.float32))
        columns = (
            np.concatenate([part.get(time, none) for part, none in zip(known, missing, strict=True)], axis=1)
            for time in times
        )
        return type(self)(tuple(times), tuple(columns))

    def of(self, row: int) -> Track:
        """The series at this place."""
        found = np.array([column[:, row] for column in self.columns], dtype=np.float64).reshape(-1, 3)
        return Track(np.array(self.times, dtype=np.float64), *found.T)


class Past(NamedTuple):
    """The recent past of the series with these labels, row by row."""

    labels: tuple[Labels, ...]
    recent: Recent
