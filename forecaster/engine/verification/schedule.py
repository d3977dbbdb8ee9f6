"""At which steps forecasts are made to be judged: a function of the step's number and of a series' turn.

Forecasts of a series are made a little more than twice a day, at the end of a block of the day. The number of
blocks between two instants has no divisor in common with those of a day, so that all times of the day take
turns. Series take turns, too: every fifth block has an instant of some of them, so that no step bears all of
the work. A horizon waits for one outcome at a time: a longer one makes its forecasts at every second, third …
instant.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from forecaster.engine.settings import Settings

_BLOCKS = 48  # a day, at most: 25 of them are between two instants. Each costs a series some 20 µs.
_APART = 5  # blocks between two turns: to ask costs a third of a millisecond for the first series already


class Instant(NamedTuple):
    """When forecasts of one horizon are made of the series whose turn it is."""

    number: int
    turn: int

    def rows(self, turns: NDArray[np.int32], of: int) -> NDArray[np.intp]:
        """The series whose turn it is, one `of` so many, by the `turns` (n,) of all: any whole numbers."""
        return np.flatnonzero(turns % of == self.turn)


@dataclass(frozen=True)
class Instants:
    """The instants of one horizon; times are numbers of steps."""

    block: float  # steps
    every: int  # blocks between two instants of any horizon
    nth: int  # which of these are the horizon's
    ahead: int  # the horizon
    back: int  # from the time that is forecast to the same time of an earlier day, known when it is made
    rows: int  # values of earlier days that wait at once, 0: the last value is one

    @classmethod
    def of(cls, horizon: int, settings: Settings) -> Self:
        day = max(1, min(_BLOCKS, settings.season))
        block, every = settings.season / day, _coprime(day)
        ahead, back = max(1, round(horizon / settings.step)), settings.season
        back *= -(-ahead // back)
        nth = max(1, math.ceil(ahead / (every * block)))
        rows = 0 if ahead == back else math.floor(back / (nth * every * block)) + 1
        return cls(block, every, nth, ahead, back, rows)

    def at(self, tick: int) -> Instant | None:
        """The instant of some series that a step is, None if it is none."""
        block = tick // self.block
        if block == (tick + 1) // self.block:
            return None
        number, since = divmod(int(block), self.every * self.nth)
        turn, off = divmod(since, _APART)
        return Instant(number, turn) if turn < self.turns and off == 0 else None

    def among(self, ticks: range) -> Iterator[tuple[int, Instant]]:
        """Those among steps that follow one another, with their places."""
        if ticks[0] // self.block == (ticks[-1] + 1) // self.block:
            return
        for place, tick in enumerate(ticks):
            if (instant := self.at(tick)) is not None:
                yield place, instant

    def due(self, ticks: range) -> Iterator[tuple[int, Instant]]:
        """The instants whose outcomes come with some steps, with these steps' places."""
        return self.among(_shifted(ticks, -self.ahead))

    def earlier(self, ticks: range) -> Iterator[tuple[int, Instant]]:
        """The instants whose forecasts the steps' values are an earlier day's values for."""
        return self.among(_shifted(ticks, self.back - self.ahead)) if self.rows else iter(())

    @property
    def turns(self) -> int:
        """How many there are."""
        return -(-self.every // _APART)

    @property
    def apart(self) -> float:
        """Steps between two instants of a series."""
        return self.nth * self.every * self.block


def _shifted(ticks: range, by: int) -> range:
    return range(ticks.start + by, ticks.stop + by)


def _coprime(day: int) -> int:
    """The first number above half of the day's that has no divisor in common with it."""
    every = day // 2 + 1
    while math.gcd(every, day) > 1:
        every += 1
    return every
