"""What is predicted and when it is asked: exhaustion events, the instants of judgement and their labels.

event    the first value at or above the limit after an hour below it, at least half of that hour observed
instant  every quarter of an hour after the warm-up, where a value is present and the hour up to it is below
         the limit and at least half observed
label    the limit is reached in (t, t + h]; an instant whose future is less than 80 % observed and does not
         reach the limit has no label and is left out
Hours are twenty-fourths of the `day`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]
    Ints = NDArray[np.intp]

OBSERVED_PAST, OBSERVED_FUTURE = 0.5, 0.8


@dataclass(frozen=True)
class Clock:
    """Seconds between two samples, and of the main season."""

    step: int
    day: int = 86_400

    def steps(self, seconds: float) -> int:
        """Whole steps in a while, at least one."""
        return max(1, round(seconds / self.step))

    @property
    def hour(self) -> int:
        """Steps in an hour."""
        return self.steps(self.day / 24)

    @property
    def every(self) -> int:
        """Steps between two instants of judgement."""
        return self.steps(self.day / 96)

    def whole_days(self, seconds: int) -> int:
        """Steps in the least number of days that hold a while: what was known so long ago, is known now."""
        return self.steps(-(-seconds // self.day) * self.day)

    def same_time(self, values: Floats, columns: Ints, seconds: int, days: int) -> Floats:
        """The values (n, I) at the clock time `seconds` after each column, `days` times `whole_days` before;
        NaN without one.
        """
        at = columns + self.steps(seconds) - days * self.whole_days(seconds)
        return np.where(at >= 0, values[:, np.maximum(at, 0)], np.nan)


@dataclass(frozen=True)
class Protocol:
    """The instants and events of n series in T steps.

    `columns` (I,) are the steps at which all series are judged, `usable` (n, I) where a series can be;
    `onsets` (n, T) are all events, `events` (k, 2) the row and column of those after the warm-up.
    """

    clock: Clock
    limits: Floats  # (n,), NaN = none
    columns: Ints
    usable: Bools
    onsets: Bools
    events: Ints
    _high: Ints  # (n, T) counts of values at the limit, up to each step
    _seen: Ints  # (n, T) counts of values

    @classmethod
    def of(cls, values: Floats, limits: Floats, clock: Clock, warm_up: int) -> Protocol:
        """`values` (n, T), NaN = missing; `limits` (n,), NaN = none; `warm_up` steps are not judged."""
        finite = np.isfinite(values)
        high = finite & (np.where(finite, values, 0.0) >= limits[:, None])
        seen, reached = running(finite), running(high)
        enough = max(1, int(clock.hour * OBSERVED_PAST))
        quiet = (trailing(reached, clock.hour) == 0) & (trailing(seen, clock.hour) >= enough)
        quiet &= np.isfinite(limits)[:, None]
        onsets = high & np.concatenate((np.zeros((len(values), 1), bool), quiet[:, :-1]), axis=1)
        columns = np.arange(warm_up, max(warm_up, values.shape[1] - 1), clock.every)
        found = np.argwhere(onsets)
        usable = (finite & quiet)[:, columns]
        return cls(clock, limits, columns, usable, onsets, found[found[:, 1] > warm_up], reached, seen)

    def take(self, rows: Sequence[int]) -> Protocol:
        """That of the series at `rows`, which ascend."""
        at = np.asarray(rows, np.intp)
        events = self.events[np.isin(self.events[:, 0], at)]
        return replace(
            self,
            limits=self.limits[at],
            usable=self.usable[at],
            onsets=self.onsets[at],
            events=np.column_stack((np.searchsorted(at, events[:, 0]), events[:, 1])),
            _high=self._high[at],
            _seen=self._seen[at],
        )

    def label(self, horizon: int) -> tuple[Bools, Bools]:
        """Whether the limit is reached within `horizon` seconds, and where that is known; both (n, I)."""
        steps = self.clock.steps(horizon)
        reached = ahead(self._high, self.columns, steps) > 0
        known = ahead(self._seen, self.columns, steps) >= OBSERVED_FUTURE * steps
        return reached, self.usable & (reached | known)


def running(marks: Bools) -> Ints:
    """Counts of the marks (n, T) up to each step."""
    return np.cumsum(marks, axis=1, dtype=np.intp)


def trailing(counts: Ints, steps: int) -> Ints:
    """Counts within the last `steps` steps from running counts (n, T)."""
    out = counts.copy()
    out[:, steps:] -= counts[:, :-steps]
    return out


def ahead(counts: Ints, columns: Ints, steps: int) -> Ints:
    """Counts within the `steps` steps after each of the columns, from running counts (n, T)."""
    ends = np.minimum(columns + steps, counts.shape[1] - 1)
    return np.asarray(counts[:, ends] - counts[:, columns])
