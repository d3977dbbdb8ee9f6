"""Jumps: how large is the step from where the series was, beside the largest ones of its past?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from forecaster.engine.anomaly.extremes import Extremes
from forecaster.engine.anomaly.kernels import jumps as kernel
from forecaster.engine.state import SeriesState

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.engine.anomaly.timing import Timing
    from forecaster.engine.anomaly.units import Scaled

    Floats = NDArray[np.float64]

LEVELS = 3
SHORT_HOURS, LONG_HOURS = 3 * 24, 14 * 24
"""Memories of jumps."""
FLOOR = 0.001
"""Smallest jump that counts, of the largest magnitude of late."""


@dataclass
class Jumps(SeriesState):
    """Attributes: levels and scales (n, 3), whose rate of learning is `rate`; extremes of the jumps up and
    down from each.
    """

    axis: ClassVar[int] = 0

    rate: float
    levels: Floats
    scales: Floats
    extremes: Extremes

    @classmethod
    def fresh(cls, n: int, timing: Timing) -> Self:
        rates = timing.rate(SHORT_HOURS), timing.rate(LONG_HOURS)
        extremes = Extremes.fresh(n, 2 * LEVELS, power=6, rates=rates, caution=0.0)
        return cls(timing.rate(24), np.zeros((n, LEVELS)), np.zeros((n, LEVELS)), extremes)

    def observe(self, scaled: Scaled, ratio: Floats) -> Floats:
        """Write the `ratio` (steps, n) of the values and take them in; the jump (steps, n) from the slow
        level.
        """
        sizes, powers = np.empty((2, *ratio.shape, 2 * LEVELS))
        jump = np.empty(ratio.shape)
        kernel.observe(
            scaled.values,
            scaled.learnt,
            scaled.seen,
            self.rate,
            self.levels,
            self.scales,
            sizes,
            powers,
            jump,
        )
        self.extremes.observe(sizes, powers, FLOOR, scaled.largest, sure=scaled.sure, ratio=ratio)
        return jump
