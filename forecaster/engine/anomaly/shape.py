"""Shape: are the last hours like those of any past day?

"Do the last hours resemble the same clock time, give or take two or three hours, on any past day?" The lags
are about 1 to 7, 14 and 21 days. What comes once a week has one neighbour a week, not several: one that is
whole weeks away may stand alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from forecaster.engine.anomaly.extremes import Extremes
from forecaster.engine.anomaly.kernels import shape as kernel
from forecaster.engine.state import SeriesState

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.engine.anomaly.timing import Timing
    from forecaster.engine.anomaly.units import Units

    Floats = NDArray[np.float64]

DAYS_NEAR = range(1, 8)
DAYS_FAR = (14, 21)
HOURS_NEAR, HOURS_FAR = 2.0, 3.0
"""How far a lag may stray from whole days."""
WEEKS = (7, 14, 21)
STRAY_HOURS = 1.0
"""Shape of whole weeks, and how far they may stray."""


@lru_cache
def lags_of(timing: Timing) -> NDArray[np.intp]:
    """The lags in blocks, ascending."""
    day = timing.blocks_per_day
    near, far = (round(hours * day / 24) for hours in (HOURS_NEAR, HOURS_FAR))
    lags = {day * d + j for d in DAYS_NEAR for j in range(-near, near + 1)}
    lags |= {day * d + j for d in DAYS_FAR for j in range(-far, far + 1)}
    return np.array(sorted(lags), np.intp)


@lru_cache
def weekly(timing: Timing) -> NDArray[np.uint8]:
    """Which of the lags are about whole weeks: 1, the others 0."""
    day = timing.blocks_per_day
    stray = round(STRAY_HOURS * day / 24)
    whole = [day * d + j for d in WEEKS for j in range(-stray, stray + 1)]
    return np.isin(lags_of(timing), whole).astype(np.uint8)


SHORT_HOURS, LONG_HOURS = 7 * 24, 14 * 24
"""Memories of distances."""
NEAR_HOURS = 4
"""The hours whose distance is that of the last hours."""
CAUTION = 6.0
"""Hours that halve the doubt of a short past."""
FLOOR = 0.001
"""Smallest distance that counts, of the largest magnitude of late."""


@dataclass
class Shape(SeriesState):
    """Attributes: total and count (n,) of the running hour; means (n, hours), a ring; distances (n, 2, lags)
    of late and the weights of what they hold; extremes of the distance; ratio and usual (n,), the last hour's
    distance in units of its past, and the median of this hour over the last week.
    """

    axis: ClassVar[int] = 0

    timing: Timing
    total: Floats
    count: Floats
    means: NDArray[np.float32]
    distances: NDArray[np.float32]
    extremes: Extremes
    ratio: Floats
    usual: Floats

    @classmethod
    def fresh(cls, n: int, timing: Timing) -> Self:
        lags = lags_of(timing)
        rates = timing.block_rate(SHORT_HOURS), timing.block_rate(LONG_HOURS)
        return cls(
            timing,
            np.zeros(n),
            np.zeros(n),
            np.full((n, lags[-1] + 1), np.nan, np.float32),
            np.zeros((n, 2, len(lags)), np.float32),
            Extremes.fresh(n, 1, power=4, rates=rates, caution=CAUTION),
            np.zeros(n),
            np.full(n, np.nan),
        )

    def turn(self, before: int, now: int, units: Units) -> None:
        """Close the hour `before` at the hour `now`."""
        timing = self.timing
        rate = 1 / max(NEAR_HOURS * timing.blocks_per_day / 24, 1)
        nearest, powers = np.empty((2, 1, len(self.total), 1))
        kernel.turn(
            before, now, timing.blocks_per_day, rate, lags_of(timing), weekly(timing), self.total, self.count,
            self.means, self.distances, nearest[0], powers[0], self.usual,
        )  # fmt: skip
        largest, sure, ratio = units.largest[None], units.sure[None], self.ratio[None]
        self.extremes.observe(nearest, powers, FLOOR, largest, sure=sure, ratio=ratio)

    def observe(self, values: Floats) -> None:
        """Add the values (steps, n) to the running hour."""
        kernel.add(values, self.total, self.count)
