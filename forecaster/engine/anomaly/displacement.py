"""Displacement: how far do the last hours stand off the long-run level?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from forecaster.engine.anomaly.kernels import displacement as kernel
from forecaster.engine.state import SeriesState

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.engine.anomaly.timing import Timing
    from forecaster.engine.anomaly.units import Scaled

    Floats = NDArray[np.float64]

RECENT_HOURS, LONG_HOURS = 2, 28 * 24
"""Memories of the last hours and of the long run."""


@dataclass
class Displacement(SeriesState):
    """Attributes: recent and long, the rates of the two memories; state (n, 6), the kernel has the
    columns.
    """

    axis: ClassVar[int] = 0

    recent: float
    long: float
    state: Floats

    @classmethod
    def fresh(cls, n: int, timing: Timing) -> Self:
        return cls(timing.rate(RECENT_HOURS), timing.rate(LONG_HOURS), np.zeros((n, 6)))

    def observe(self, scaled: Scaled, ratio: Floats) -> None:
        """Write the `ratio` (steps, n) of the values to the long-run deviation, and take them in."""
        kernel.observe(scaled.learnt, scaled.largest, self.recent, self.long, self.state, ratio)
