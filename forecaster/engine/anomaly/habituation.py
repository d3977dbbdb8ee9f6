"""What is new: an anomaly scores above 1 when it begins or grows clearly, not on every sample it lasts.

After an alarm the bar is half again the alarm's height for half a day; besides, it rises a little with every
alarm of the last week, so that a restless series has to show more. What does not pass the bar is told by its
severity, below 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from forecaster.engine.state import SeriesState

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.engine.anomaly.clock import Clock

    Floats = NDArray[np.float64]

REST_HOURS = 12.0
GROWTH = 1.5
"""How much larger than the last alarm breaks the rest."""
WEARINESS = 0.08
"""Rise of the bar for each alarm in memory."""
MEMORY_HOURS = 7 * 24.0


@dataclass
class Habituation(SeriesState):
    """Attributes, (n,): age steps since the last alarm, height of it, alarms remembered (fading)."""

    rest: float
    fade: float
    age: Floats
    height: Floats
    alarms: Floats

    @classmethod
    def fresh(cls, n: int, clock: Clock) -> Self:
        rest = max(clock.steps(REST_HOURS), 1)
        fade = math.exp(-1 / max(clock.steps(MEMORY_HOURS), 1))
        return cls(rest, fade, np.full(n, np.inf), np.zeros(n), np.zeros(n))

    def news(self, strength: Floats) -> NDArray[np.bool_]:
        """Whether `strength` (n,), NaN = no sample, is a new alarm: above 1 and above the bar."""
        self.age += 1
        self.alarms *= self.fade
        bar = 1 + WEARINESS * self.alarms
        bar = np.where(self.age <= self.rest, np.maximum(bar, GROWTH * self.height), bar)
        new = strength > bar
        self.age = np.where(new, 0.0, self.age)
        self.height = np.where(new, strength, self.height)
        self.alarms += new
        return new
