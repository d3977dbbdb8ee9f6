"""What is new, and what is still going on.

An anomaly scores above 1 when it begins or grows clearly, not on every sample it lasts: after an alarm the
bar is half again the alarm's height for half a day; besides, it rises a little with every alarm of the last
week, so that a restless series has to show more, and to what the same hour of the last weeks saw. An alarm
goes on while its reason does (the value has not come half the way back, or the member still says so), but for
an hour at most; a longer anomaly is told by its severity.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from forecaster.engine.state import SeriesState

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.engine.anomaly.timing import Timing

    Floats = NDArray[np.float64]

REST_HOURS = 12.0
GROWTH = 1.5
"""How much larger than the last alarm breaks the rest."""
WEARINESS = 0.08
"""Rise of the bar for each alarm in memory."""
MEMORY_HOURS = 7 * 24.0
HABIT = 1.0
"""How much stronger than at the same hour of a past week an alarm must be."""
HIGHEST = 30.0
"""Strength of an alarm that is remembered, at most: one beyond all measure must not silence the next ones."""
LASTING_HOURS = 1.0
"""How long an alarm goes on at most."""
RETURNED = 0.5
"""Share of an alarm's jump from which the value counts as still away."""


@dataclass
class Habituation(SeriesState):
    """Attributes, (n,): age steps since the last alarm, height of it, alarms remembered (fading); jump of the
    value at the last alarm, 0 if it was none of the value, and origin, the level it left.
    """

    rest: float
    lasting: float
    fade: float
    age: Floats
    height: Floats
    alarms: Floats
    jump: Floats
    origin: Floats

    @classmethod
    def fresh(cls, n: int, timing: Timing) -> Self:
        rest = max(timing.steps(REST_HOURS), 1)
        fade = math.exp(-1 / max(timing.steps(MEMORY_HOURS), 1))
        return cls(
            rest, timing.steps(LASTING_HOURS), fade, np.full(n, np.inf), *(np.zeros(n) for _ in range(4))
        )

    def judge(
        self, strength: Floats, habit: Floats, far: NDArray[np.bool_], values: Floats, jump: Floats
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Whether an alarm is new, and whether an old one goes on: (n,) each.

        `strength` (n,), 0 where no sample is; `habit` (n,), how strong it was at this hour of past weeks;
        `far` (n,), whether the value is far enough off for a new alarm, one that goes on needs no more than
        its reason; `values` (n,) and their `jump` (n,) from the level before, 0 where an alarm would not be
        of the value.
        """
        self.age += 1
        self.alarms *= self.fade
        resting = self.age <= self.rest
        bar = np.maximum(1 + WEARINESS * self.alarms, HABIT * habit)
        bar = np.where(resting, np.maximum(bar, GROWTH * self.height), bar)
        new = far & (strength > bar)
        away = (values - self.origin) * np.sign(self.jump) >= RETURNED * np.abs(self.jump)
        still = (self.age < self.lasting) & ~new & np.where(self.jump != 0, away, strength > 1)
        self.age = np.where(new, 0.0, self.age)
        self.height = np.where(new, np.minimum(strength, HIGHEST), self.height)
        self.jump = np.where(new, jump, self.jump)
        self.origin = np.where(new, values - jump, self.origin)
        self.alarms += new
        return new, still
