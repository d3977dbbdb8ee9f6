"""Member D: how rough the series runs. Sees bursts of variance, vanished variation and flat lines.

The logarithm of the mean step size of the last hours over that of the last week; its own past says how far it
usually swings.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from forecaster.engine.anomaly.extremes import Extremes, blend
from forecaster.engine.state import SeriesState

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.engine.anomaly.clock import Clock

    Floats = NDArray[np.float64]

FAST_HOURS, FAST_SAMPLES = 3.0, 12.0
SLOW_HOURS = 7 * 24.0
FLOOR = 0.05
"""Smallest size of the log ratio that counts: 5 %."""
STILL = 0.001
"""Step size that counts as none, as a share of the largest magnitude seen."""


@dataclass
class Roughness(SeriesState):
    """Attributes: last (n,) the previous value, NaN before any; fast, slow (n,) mean steps."""

    rate_fast: float
    rate_slow: float
    last: Floats
    fast: Floats
    slow: Floats
    seen_fast: Floats
    seen_slow: Floats

    @classmethod
    def fresh(cls, n: int, clock: Clock) -> Self:
        rates = clock.rate(FAST_HOURS, FAST_SAMPLES), clock.rate(SLOW_HOURS, FAST_SAMPLES)
        return cls(*rates, np.full(n, np.nan), *(np.zeros(n) for _ in range(4)))

    @staticmethod
    def memory(n: int, clock: Clock) -> Extremes:
        """The normaliser of this member's two streams."""
        return Extremes.fresh(2, n, clock, power=6, days=(3, 14))

    def observe(self, values: Floats, seen: NDArray[np.bool_], magnitude: Floats) -> Floats:
        """Log ratio of recent to usual roughness: (2, n), rougher, then smoother."""
        known = seen & np.isfinite(self.last)
        change = np.where(known, np.abs(values - self.last), 0.0)
        blend(self.fast, self.seen_fast, change, self.rate_fast * known)
        blend(self.slow, self.seen_slow, change, self.rate_slow * known)
        self.last = np.where(seen, values, self.last)
        still = STILL * magnitude
        fast = self.fast / np.maximum(self.seen_fast, 1e-12) + still
        slow = self.slow / np.maximum(self.seen_slow, 1e-12) + still
        swing = np.where(known, np.log(fast / slow), 0.0)
        return np.stack((np.maximum(swing, 0), np.maximum(-swing, 0)))
