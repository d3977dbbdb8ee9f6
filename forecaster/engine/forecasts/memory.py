"""The last seven days of each series, one 16-bit code a slot, quantiles of 28 whole days, and their trend."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from forecaster.engine.forecasts import memory_kernel
from forecaster.engine.state import SeriesState

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.engine.settings import Settings

    Floats = NDArray[np.float64]

MISSING = -32768
HIGHEST = 32767
SLOTS = 288
"""Of a day, at most: 5 min."""
_DAYS = 7  # of memory, slot by slot
_KEPT = (28, 8)  # days of which so many quantiles are kept
_FEWEST = 64  # slots of memory
_LITTLE = 4096  # a week without a higher code halves the unit
_TURNS = 121  # slots of 5 minutes between two turns of a series: no share of a day, so clock times take turns
_FEWEST_TURNS = 4
_DAYS_OF_TREND = 14  # known, at least
_LASTS = 0.85  # share by which pairs of days that rise outnumber those that fall, or the other way round
_BEGIN = 1 << 40  # slots are counted from long before 1970: the kernels know no negative ones


@dataclass
class Memory(SeriesState):
    """A code is a value over the series' unit, a power of two; a slot is one step, or several where more
    than 288 steps make a day: then it holds its latest value. 4.5 kB a series.

    A sample beyond the codes is cut off there and doubles the unit once, so that a new range is taken on
    within some samples; a week of little halves it again.

    >>> from forecaster.engine.settings import Settings
    >>> memory = Memory.fresh(1, Settings(step=300))
    >>> for tick, value in enumerate([1.5, 3.0]):
    ...     memory.take_in(np.array([value]), tick)
    >>> (memory.before(np.array([0]), np.arange(2))[0] * memory.unit[0]).tolist()
    [3.0, 1.5]
    """

    axis: ClassVar[int] = 0

    steps: int  # of a slot
    day: int  # slots
    slot: int  # the latest one, -1 = none
    ring: NDArray[np.int16]  # (n, slots)
    days: NDArray[np.int16]  # (n, *_KEPT)
    unit: Floats  # (n,) powers of two, 0 = only zeros so far
    last: Floats  # (n,) value
    trend: Floats  # (n,) codes a slot, 0 = none that lasts
    turn: NDArray[np.int32]  # (n,) when it is a series' turn, by its first value; -1 = none seen

    @classmethod
    def fresh(cls, n: int, settings: Settings) -> Self:
        """Of `n` series that nothing was seen of."""
        steps = max(1, -(-settings.day // (SLOTS * settings.step)))
        day = max(1, round(settings.day / (settings.step * steps)))
        return cls(
            steps=steps,
            day=day,
            slot=-1,
            ring=np.full((n, max(_DAYS * day, _FEWEST)), MISSING, np.int16),
            days=np.full((n, *_KEPT), MISSING, np.int16),
            unit=np.zeros(n),
            last=np.full(n, np.nan),
            trend=np.zeros(n),
            turn=np.full(n, -1, np.int32),
        )

    @property
    def slots(self) -> int:
        """Codes of a series."""
        return int(self.ring.shape[1])

    @property
    def turns(self) -> int:
        """Slots between two turns of a series."""
        turns = max(_FEWEST_TURNS, round(_TURNS * self.day / SLOTS))
        while math.gcd(turns, self.day) > 1:
            turns += 1
        return turns

    def begins(self, tick: int) -> bool:
        """Whether step `tick` begins a slot."""
        return _BEGIN + tick // self.steps != self.slot

    def due(self, every: int) -> NDArray[np.intp]:
        """The series whose turn it is in the present slot, one in `every` slots."""
        return np.flatnonzero((self.turn >= 0) & ((self.slot % every + self.turn) % every == 0))

    def take_in(self, values: Floats, tick: int) -> None:
        """Keep the values (n,) of step `tick`, NaN = missing."""
        begins = self.begins(tick)
        self.slot = _BEGIN + tick // self.steps
        if begins:
            self._end_day(self.due(self.day))
        beyond = np.zeros(len(values), np.uint8)
        memory_kernel.remember(
            self.ring,
            self.unit,
            self.last,
            self.turn,
            np.ascontiguousarray(values),
            self.slot,
            begins,
            self.turns,
            beyond,
        )
        rows = np.flatnonzero(beyond)
        if len(rows):
            self._rescale(rows, 2.0)
            self.ring[rows, self.slot % self.slots] = self.codes()[rows]

    def codes(self) -> Floats:
        """Of the last values (n,)."""
        codes = np.empty(len(self.last))
        memory_kernel.encode(self.last, self.unit, codes)
        return codes

    def before(self, rows: NDArray[np.intp], ages: NDArray[np.intp]) -> NDArray[np.int16]:
        """The codes (rows, ages) so many slots before the present one."""
        codes: NDArray[np.int16] = self.ring[rows[:, None], (self.slot - ages) % self.slots]
        return codes

    def _end_day(self, rows: NDArray[np.intp]) -> None:
        """Keep quantiles of the day before the present slot, missing where less than a quarter of it was
        seen.
        """
        if not len(rows):
            return
        kept, points = self.days.shape[1:]
        past = np.sort(self.before(rows, np.arange(1, self.day + 1)), axis=1).astype(np.float64)
        seen = (past != MISSING).sum(axis=1)[:, None]
        place = np.maximum(seen - 1, 0) * (np.arange(points) + 0.5) / points
        low = np.floor(place).astype(np.intp)
        first = self.day - np.maximum(seen, 1)
        lower, upper = (
            np.take_along_axis(past, first + np.minimum(each, np.maximum(seen - 1, 0)), 1)
            for each in (low, low + 1)
        )
        codes = np.rint(lower + (place - low) * (upper - lower))
        number = (self.slot + self.turn[rows].astype(np.int64)) // self.day % kept
        self.days[rows, number] = np.where(4 * seen < max(self.day, 4), MISSING, codes)
        self.trend[rows] = _trend(_medians(self.days[rows], number)) / self.day
        most = np.where(self.ring[rows] == MISSING, 0, np.abs(self.ring[rows].astype(np.int32))).max(axis=1)
        self._rescale(rows[(most > 0) & (most <= _LITTLE)], 0.5)

    def _rescale(self, rows: NDArray[np.intp], times: float) -> None:
        """Some series get another unit."""
        if not len(rows):
            return
        for codes in (self.ring, self.days):
            old = codes[rows]
            codes[rows] = np.where(old == MISSING, old, np.rint(old / times))
        self.trend[rows] /= times
        self.unit[rows] *= times


def _medians(days: NDArray[np.int16], newest: NDArray[np.intp]) -> Floats:
    """Of each day kept (rows, days), the latest last, NaN = missing; `newest` (rows,) is its place."""
    kept, points = days.shape[1:]
    middle = days[:, :, (points - 1) // 2 : points // 2 + 1].astype(np.float64).mean(axis=2)
    middle[days[:, :, 0] == MISSING] = np.nan
    order = (newest[:, None] + 1 + np.arange(kept)) % kept
    medians: Floats = np.take_along_axis(middle, order, 1)
    return medians


def _trend(medians: Floats) -> Floats:
    """Codes a day (rows,): the median slope between days (Theil, 1950; Sen, 1968) where nearly all pairs of
    days agree on its direction (Kendall, 1938); 0 elsewhere.
    """
    early, late = np.triu_indices(medians.shape[1], 1)
    rise = medians[:, late] - medians[:, early]
    pairs = np.isfinite(rise).sum(axis=1)
    least = _DAYS_OF_TREND * (_DAYS_OF_TREND - 1) // 2
    agree = np.abs(np.nansum(np.sign(rise), axis=1)) >= _LASTS * np.maximum(pairs, least)
    slopes = np.zeros(len(medians))
    slopes[agree] = np.nanmedian(rise[agree] / (late - early), axis=1)
    return slopes
