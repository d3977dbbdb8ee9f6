"""Displacement: how far the last hours stand from the long-run level.

No alarm comes from it: on seasonal series it is large every day. It ranks what is not an alarm, or no longer
a new one: while an anomaly lasts, it says how far off the series still is. Mean absolute deviations, not
squares, because the rates of bursty services have no variance to speak of.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from forecaster.engine.anomaly.extremes import blend
from forecaster.engine.state import SeriesState

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.engine.anomaly.timing import Timing

    Floats = NDArray[np.float64]

RECENT_HOURS = 2.0
LONG_HOURS = 28 * 24.0
FLOOR = 0.001
"""Smallest deviation that counts, as a share of the largest magnitude seen."""


@dataclass
class Displacement(SeriesState):
    """The member.

    >>> from forecaster.engine.anomaly.timing import Timing
    >>> displacement = Displacement.fresh(1, Timing(step=300, day=86400))
    >>> seen, one = np.ones(1, dtype=bool), np.ones(1)
    >>> usual = [displacement.observe(np.array([1.0 + 0.1 * (t % 2)]), seen, one) for t in range(600)]
    >>> off = [displacement.observe(np.array([2.0]), seen, one) for t in range(24)]
    >>> usual[-1].round().tolist(), bool(off[-1][0] > 10)
    ([1.0], True)

    Attributes, (n,): recent, level, deviation fading means, and the weights they have collected.
    """

    rate_recent: float
    rate_long: float
    recent: Floats
    level: Floats
    deviation: Floats
    seen_recent: Floats
    seen_long: Floats
    seen_deviation: Floats

    @classmethod
    def fresh(cls, n: int, timing: Timing) -> Self:
        zeros = [np.zeros(n) for _ in range(6)]
        return cls(timing.rate(RECENT_HOURS), timing.rate(LONG_HOURS), *zeros)

    def observe(self, values: Floats, seen: NDArray[np.bool_], magnitude: Floats) -> Floats:
        """|recent mean - long-run level| in long-run mean absolute deviations, from the past: (n,)."""
        blend(self.recent, self.seen_recent, values, self.rate_recent * seen)
        known = seen & (self.seen_long > 0)
        level = self.level / np.maximum(self.seen_long, 1e-12)
        away = np.where(known, np.abs(self.recent / np.maximum(self.seen_recent, 1e-12) - level), 0.0)
        usual = self.deviation / np.maximum(self.seen_deviation, 1e-12)
        ratio = away / np.maximum(usual, FLOOR * magnitude)
        blend(self.deviation, self.seen_deviation, away, self.rate_long * known)
        blend(self.level, self.seen_long, values, self.rate_long * seen)
        return ratio
