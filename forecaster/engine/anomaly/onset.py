"""What is a new anomaly, what goes on, and since when."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from forecaster.engine.anomaly.kernels import onset as kernel
from forecaster.engine.state import SeriesState

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.engine.anomaly.timing import Timing
    from forecaster.engine.anomaly.units import Scaled

    Floats = NDArray[np.float64]

WEARY_HOURS = 7 * 24
"""Memory of the count of alarms, which make the members' bars rise."""
APART_STEPS = 60
APART_HOURS = 12
"""Quiet steps between two alarms of rarity, an hour at least, so many hours at most."""


@dataclass(frozen=True)
class Pace:
    """What follows from timing and limits: the kernel's clock and bars, blocks of a week, seconds of a
    step.
    """

    clock: Floats
    bars: Floats
    week: int
    step: int

    @classmethod
    def of(cls, timing: Timing, bars: Floats) -> Self:
        hour = timing.steps(1)
        apart = min(max(hour, APART_STEPS), max(APART_HOURS * hour, 1.0))
        fading = math.exp(-1 / max(timing.steps(WEARY_HOURS), 1.0))
        return cls(
            np.array((hour, apart, fading, timing.day / 24)), bars, 7 * timing.blocks_per_day, timing.step
        )


@dataclass
class Onset(SeriesState):
    """Attributes: state (n, 12), the kernel has the columns; habits (n, hours), the strengths of two
    weeks in 600ths;
    said (n, 7) of the last step: score, four signs, when the anomaly began (Unix seconds), what was normal
    then, NaN = none.
    """

    axis: ClassVar[int] = 0

    pace: Pace
    state: Floats
    habits: NDArray[np.uint16]
    said: Floats

    @classmethod
    def fresh(cls, n: int, timing: Timing, bars: Floats) -> Self:
        """Nothing has been seen; `bars` (4,) are the limits of rarity, jumps, shape and roughness."""
        pace, state, said = Pace.of(timing, bars), np.zeros((n, 12)), np.zeros((n, 7))
        kernel.start(state, said)
        return cls(pace, state, np.zeros((n, 2 * pace.week + 2), np.uint16), said)

    def turn(self, before: int, now: int) -> None:
        """Close the hour `before` at the hour `now`."""
        kernel.turn(before, now, self.pace.week, self.state, self.habits)

    def observe(
        self,
        given: Floats,
        scaled: Scaled,
        ratios: Floats,
        *,
        jump: Floats,
        usual: Floats,
        timestamp: int,
    ) -> Floats:
        """The scores (steps, n) of the steps from `timestamp` on, NaN = missing. `given` (4, steps, n):
        values, what was expected, the least deviation, the sensitivity; `ratios` (5, steps, n): rarity,
        jumps, shape, roughness, displacement; the rest is in units.
        """
        clock, bars, scores = self.pace.clock, self.pace.bars, np.empty(jump.shape)
        its = scaled.values, scaled.unit, scaled.sure, ratios, jump, usual
        kernel.observe(given, *its, bars, clock, timestamp, self.pace.step, self.state, self.said, scores)
        return scores
