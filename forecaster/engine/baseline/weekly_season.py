"""What an hour of the week adds to that hour of any day: what it has added in each of the last three weeks.

An offset is the hour's mean less that of the same hour in the seven days up to it, so that neither the daily
season nor a trend is in it. Of three weeks that agree in the sign the smallest offset counts, of others none:
what happened once or twice is no habit.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Self

import numpy as np

from forecaster.engine.baseline import kernel
from forecaster.engine.state import SeriesState

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.engine.settings import Settings

    Floats = NDArray[np.float64]
    Singles = NDArray[np.float32]

_DAYS = 7
_WEEKS = 3
_HOURS = 24  # of a day, at most


@dataclass
class WeeklyOffsets(SeriesState):
    """What each hour of the week adds, 0 = nothing; `week` in hours, `hour` in steps. A refit goes on with
    what was known when it began: `table` has the hours of a week, and after them those of the day from then.
    """

    hour: float
    week: int
    table: Singles  # (hours of a week, of a day, and one, n)

    @classmethod
    def fresh(cls, n: int, settings: Settings) -> Self:
        day = min(_HOURS, settings.season)
        week = _DAYS * day
        return cls(settings.season / day, week, np.zeros((week + day + 1, n), np.float32))

    @property
    def by_hour(self) -> Singles:
        """The hours of a week (hours, n), by number of the hour."""
        return self.table[: self.week]

    def keep(self, end: int) -> None:
        """Keep what is known of the hours from step `end` on."""
        kept = int(end // self.hour) + np.arange(len(self.table) - self.week)
        self.table[self.week :] = self.by_hour[kept % self.week]

    def at(self, tick: int) -> Singles:
        """That of the hour that step `tick` is in (n,)."""
        offset: Singles = self.table[int(tick // self.hour) % self.week]
        return offset

    def rows(self, first: int, last: int, end: int) -> NDArray[np.intp]:
        """The rows of the table for the steps from `first` to `last`: from `end` on what was kept then."""
        return _rows(first, last, end, self.hour, self.week)


@dataclass
class WeeklySeason(SeriesState):
    """`day` in hours, `hour` in steps; steps are numbered by `tick`.

    >>> from forecaster.engine.settings import Settings
    >>> week = WeeklySeason.fresh(1, Settings(step=3600))
    >>> for tick in range(4 * 168):
    ...     week.observe(np.array([10.0 if tick % 168 >= 120 else 50.0]), tick)  # two days of rest
    >>> print(week.offset(4 * 168 + 130).round(1), week.offset(4 * 168 + 60).round(1))
    [-28.6] [11.4]
    """

    day: int
    hour: float
    means: Singles  # (hours of a week, n) by number of the hour, NaN = missing
    offsets: Singles  # (weeks, hours of a week, n) of the last weeks known but the oldest, 0 = none
    lasting: WeeklyOffsets  # what all the last weeks agree on
    total: Floats  # (n,) of the running hour
    count: Floats

    @classmethod
    def fresh(cls, n: int, settings: Settings) -> Self:
        day = min(_HOURS, settings.season)
        week = _DAYS * day, n
        offsets, means = np.zeros((_WEEKS - 1, *week), np.float32), np.full(week, np.nan, np.float32)
        lasting = WeeklyOffsets.fresh(n, settings)
        return cls(day, settings.season / day, means, offsets, lasting, np.zeros(n), np.zeros(n))

    def offset(self, tick: int) -> Singles:
        """What the hour of step `tick` adds to that hour of any day (n,); 0 = no weekly season is known."""
        return self.lasting.at(tick)

    def usual(self, tick: int, days: int) -> Floats:
        """The mean offsets of the hours of a day (hours, n) over the `days` days up to step `tick`."""
        last = self.number(tick) - np.arange(self.day)
        hours = last[np.argsort(last % self.day)]
        by_hour = self.lasting.by_hour
        of_days = by_hour[(hours - self.day * np.arange(days)[:, None]) % len(by_hour)]
        mean: Floats = of_days.mean(axis=0, dtype=np.float64)
        return mean

    def hour_of_day(self, tick: int) -> int:
        """Which of the hours of a day a step is in."""
        return self.number(tick) % self.day

    def observe(self, values: Floats, tick: int) -> None:
        """Take in the values (n,) of step `tick`; every step must be given, NaN = missing."""
        kernel.tally(values, self.total, self.count)
        hour = self.number(tick)
        if hour != self.number(tick + 1):
            lasting = self.lasting.by_hour
            kernel.turn(hour, self.day, self.total, self.count, self.means, self.offsets, lasting)

    def for_kernel(self) -> kernel.Week:
        """All of its state, as the kernel takes it."""
        arrays = self.total, self.count, self.means, self.offsets, self.lasting.by_hour
        return kernel.Week(self.day, arrays)

    def number(self, tick: int) -> int:
        """The hour a step belongs to."""
        return int(tick // self.hour)

    def hours(self, tick: int, count: int) -> NDArray[np.intp]:
        """Those of so many steps from `tick` on."""
        return (np.arange(tick, tick + count) // self.hour).astype(np.intp)


@lru_cache(maxsize=16)
def _rows(first: int, last: int, end: int, hour: float, week: int) -> NDArray[np.intp]:
    """Asked for at each step of a refit, always the same."""
    hours = (np.arange(first, last + 1) // hour).astype(np.intp)
    since = hours - int(end // hour)
    return np.where(since < 0, hours % week, week + since)
