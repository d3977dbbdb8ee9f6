"""At which steps forecasts are made to be judged: a function of the step's number alone.

Forecasts are made a little more than twice a day, at the end of a block of the day. The number of blocks
between two instants has no divisor in common with those of a day, so that all times of the day take turns.
A horizon waits for one outcome at a time: a longer one makes its forecasts at every second, third … instant.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from forecaster.engine.settings import Settings

_BLOCKS = 48  # a day, at most: 25 of them are between two instants. Each costs a series some 20 µs.


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

    def number(self, tick: int) -> int | None:
        """Which instant a step is, None if it is none."""
        block = tick // self.block
        if block == (tick + 1) // self.block or block % self._blocks_apart:
            return None
        return int(block // self._blocks_apart)

    def due(self, tick: int) -> int | None:
        """Which instant's outcome comes with a step."""
        return self.number(tick - self.ahead)

    def earlier(self, tick: int) -> int | None:
        """The instant whose forecast a step's value is an earlier day's value for."""
        return self.number(tick + self.back - self.ahead) if self.rows else None

    @cached_property
    def _blocks_apart(self) -> int:
        """Blocks between two instants."""
        return self.every * self.nth

    @property
    def apart(self) -> float:
        """Steps between two instants."""
        return self.nth * self.every * self.block


def _coprime(day: int) -> int:
    """The first number above half of the day's that has no divisor in common with it."""
    every = day // 2 + 1
    while math.gcd(every, day) > 1:
        every += 1
    return every
