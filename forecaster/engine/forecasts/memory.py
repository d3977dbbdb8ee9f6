"""The last seven days of each series, one 16-bit code a slot, quantiles of 28 whole days, and their trend."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
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
_BEGIN = 1 << 40  # slots are counted from long before 1970: the kernels know no negative ones


@dataclass
class Memory(SeriesState):
    """A code is a value over the series' unit, a power of two; a slot is one step, or several where more
    than 288 steps make a day: then it holds its latest value. 4.5 kB a series.

    A sample beyond the codes is cut off there and doubles the unit once, so that a new range is taken on
    within some samples; a week of little halves it again.

    >>> from forecaster.engine.settings import Settings
    >>> memory = Memory.fresh(1, Settings(step=300))
    >>> [memory.take_in(np.array([value]), tick) for tick, value in enumerate([1.5, 3.0])]  # the same unit
    [False, False]
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
        return _turns(self.day)

    def begins(self, tick: int) -> bool:
        """Whether step `tick` begins a slot."""
        return _BEGIN + tick // self.steps != self.slot

    def due(self, every: int) -> NDArray[np.intp]:
        """The series whose turn it is in the present slot, one in `every` slots."""
        rows = np.empty(len(self.turn), np.intp)
        return rows[: memory_kernel.due(self.turn, self.slot, every, rows)]

    def take_in(self, values: Floats, tick: int) -> bool:
        """Keep the values (n,) of step `tick`, NaN = missing; whether series that had a unit may have got
        another one.
        """
        begins, rescaled = self.begins(tick), False
        self.slot = _BEGIN + tick // self.steps
        if begins:
            rescaled = self._end_day(self.due(self.day))
        beyond = np.empty(len(values), np.uint8)
        if memory_kernel.remember(
            self.ring,
            self.unit,
            self.last,
            self.turn,
            np.ascontiguousarray(values),
            self.slot,
            begins,
            self.turns,
            beyond,
        ):
            rows = np.flatnonzero(beyond)
            self._rescale(rows, 2.0)
            self.ring[rows, self.slot % self.slots] = self.codes()[rows]
            rescaled = True
        return rescaled

    def codes(self) -> Floats:
        """Of the last values (n,)."""
        codes = np.empty(len(self.last))
        memory_kernel.encode(self.last, self.unit, codes)
        return codes

    def before(self, rows: NDArray[np.intp], ages: NDArray[np.intp]) -> NDArray[np.int16]:
        """The codes (rows, ages) so many slots before the present one."""
        codes: NDArray[np.int16] = self.ring[rows[:, None], (self.slot - ages) % self.slots]
        return codes

    def _end_day(self, rows: NDArray[np.intp]) -> bool:
        """Keep quantiles of the day before the present slot, missing where less than a quarter of it was
        seen, and renew the trend; whether some series have got another unit.
        """
        if not len(rows):
            return False
        kept, points = self.days.shape[1:]
        most, pairs = np.empty(len(rows), np.int32), kept * (kept - 1) // 2
        memory_kernel.end_day(
            self.ring,
            self.days.reshape(len(self.turn), -1),
            self.trend,
            self.turn,
            rows,
            self.slot,
            self.day,
            points,
            np.empty(self.day, np.int32),
            np.empty(kept + pairs),
            most,
        )
        little = rows[(most > 0) & (most <= _LITTLE)]
        self._rescale(little, 0.5)
        return len(little) > 0

    def _rescale(self, rows: NDArray[np.intp], times: float) -> None:
        """Some series get another unit."""
        if not len(rows):
            return
        for codes in (self.ring, self.days):
            old = codes[rows]
            codes[rows] = np.where(old == MISSING, old, np.rint(old / times))
        self.trend[rows] /= times
        self.unit[rows] *= times


@lru_cache(maxsize=16)
def _turns(day: int) -> int:
    """Slots between two turns of a series; no share of a day of so many slots."""
    turns = max(_FEWEST_TURNS, round(_TURNS * day / SLOTS))
    while math.gcd(turns, day) > 1:
        turns += 1
    return turns
