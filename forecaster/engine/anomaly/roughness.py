"""Roughness: does the series vary more, or less, than it did?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from forecaster.engine.anomaly.extremes import Extremes
from forecaster.engine.anomaly.kernels import roughness as kernel
from forecaster.engine.state import SeriesState

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.engine.anomaly.timing import Timing
    from forecaster.engine.anomaly.units import Scaled

    Floats = NDArray[np.float64]

FAST_HOURS, SLOW_HOURS = 3, 7 * 24
SAMPLES = 12
"""Memories of the present roughness and the usual one, and samples of each at least."""
SHORT_HOURS, LONG_HOURS = 3 * 24, 14 * 24
"""Memories of swings."""
SWING = 0.05
"""Smallest change of the logarithm of roughness that counts."""
CAUTION = 24.0
"""Hours that halve the doubt of a short past."""


@dataclass
class Roughness(SeriesState):
    """Attributes: fast and slow, the rates of the two memories; state (n, 9), the kernel has the columns;
    queue (n, hours, 3) of half a day; extremes of the swings.
    """

    axis: ClassVar[int] = 0

    fast: float
    slow: float
    state: Floats
    queue: NDArray[np.float32]
    extremes: Extremes

    @classmethod
    def fresh(cls, n: int, timing: Timing) -> Self:
        rates = timing.block_rate(SHORT_HOURS), timing.block_rate(LONG_HOURS)
        state = np.zeros((n, 9))
        state[:, 0] = np.nan
        wait = max((timing.blocks_per_day + 1) // 2, 1)
        queue = np.zeros((n, wait, 3), np.float32)
        extremes = Extremes.fresh(n, 2, power=6, rates=rates, caution=CAUTION)
        fast, slow = timing.rate(FAST_HOURS, SAMPLES), timing.rate(SLOW_HOURS, SAMPLES)
        return cls(fast, slow, state, queue, extremes)

    def turn(self, before: int) -> None:
        """Close the hour `before`."""
        powers = np.empty((2, len(self.state), 2))
        kernel.turn(before, self.state, self.queue, *powers)
        self.extremes.remember(powers)

    def observe(self, scaled: Scaled, ratio: Floats) -> None:
        """Write the `ratio` (steps, n) of the values, and take them in."""
        sizes = np.empty((*ratio.shape, 2))
        kernel.observe(scaled.learnt, scaled.largest, self.fast, self.slow, self.state, sizes)
        self.extremes.observe(sizes, sizes[:0], SWING, np.ones(ratio.shape), sure=scaled.sure, ratio=ratio)
