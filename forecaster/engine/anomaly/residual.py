"""Residual: the sizes of one-step residuals. Sees spikes, dips and steps at once, on several time scales.

Three robust levels of different speed; a residual may move its level by three scales at most, so one spike
does not become the level. Residual of either sign are streams apart: a series whose peaks are ordinary can
still have an extraordinary dip.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from forecaster.engine.anomaly.extremes import Extremes, power_of
from forecaster.engine.state import SeriesState

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.engine.anomaly.timing import Timing

    Floats = NDArray[np.float64]

SPEEDS = np.array([[0.5], [0.15], [0.02]])
"""Weight of the newest sample in each level."""
CLIP = 3.0
"""Scales by which one residual may count for the level."""
SURPRISE = 8.0
"""Scales by which one residual may count for the scale itself."""
SCALE_HOURS = 24.0
YOUNG = 8
"""Residual it takes until the scale limits anything."""
MEMORY_HOURS = (3 * 24.0, 14 * 24.0)
FLOOR = 0.001
"""Smallest size that counts, as a share of the largest magnitude seen."""


@dataclass
class Levels(SeriesState):
    """Attributes: level, scale (3, n); count (n,) residuals seen."""

    scale_rate: float
    level: Floats
    scale: Floats
    count: Floats

    @classmethod
    def fresh(cls, n: int, timing: Timing) -> Self:
        shape = (len(SPEEDS), n)
        return cls(timing.rate(SCALE_HOURS), np.zeros(shape), np.zeros(shape), np.zeros(n))

    def residuals(self, values: Floats, seen: NDArray[np.bool_]) -> Floats:
        """`values` (n,) less each level, 0 where not `seen`; then the levels follow: (3, n)."""
        self.level = np.where(seen & (self.count == 0), values, self.level)
        residual = np.where(seen, values - self.level, 0.0)
        self.count += seen
        young = self.count <= YOUNG
        limit = np.where(young, np.inf, CLIP * self.scale)
        most = np.where(young, np.inf, SURPRISE * self.scale)
        rate = np.maximum(self.scale_rate, 1 / np.maximum(self.count, 1)) * seen
        self.level += SPEEDS * np.clip(residual, -limit, limit)
        self.scale += rate * (np.minimum(np.abs(residual), most) - self.scale)
        return residual


@dataclass
class Residual(SeriesState):
    """The member: levels and the memory of how large their residuals were; jump (n,) is the last value less
    the slowest level.

    >>> from forecaster.engine.anomaly.timing import Timing
    >>> residual = Residual.fresh(1, Timing(step=300, day=86400))
    >>> seen, one, old = np.ones(1, dtype=bool), np.ones(1), np.zeros(1)
    >>> for step in range(300):
    ...     value = np.array([1.0 + 0.1 * (step % 3)])
    ...     ratio = residual.observe(value, value, seen, one, old)
    >>> value = np.array([3.0])
    >>> ratio.round(1).tolist(), residual.observe(value, value, seen, one, old).round(1).tolist()
    ([1.2], [20.5])
    """

    levels: Levels
    memory: Extremes
    jump: Floats

    @classmethod
    def fresh(cls, n: int, timing: Timing) -> Self:
        rates = [timing.rate(hours) for hours in MEMORY_HOURS]
        memory = Extremes.fresh(2 * len(SPEEDS), n, power=6, rates=rates)
        return cls(Levels.fresh(n, timing), memory, np.zeros(n))

    def observe(
        self, values: Floats, held: Floats, seen: NDArray[np.bool_], magnitude: Floats, youth: Floats
    ) -> Floats:
        """The largest residual of `values` (n,) in units of what its past holds, (n,).

        `held` (n,) is as much of them as may be learnt; `magnitude` (n,) is the largest magnitude of late,
        `youth` (n,) falls from 1 to 0 over the warm-up.
        """
        residual = self.levels.residuals(held, seen)
        whole = residual + np.where(seen, values - held, 0.0)
        self.jump = whole[-1]
        ratio = self.memory.largest_ratio(_by_sign(whole), FLOOR * magnitude, youth)
        self.memory.learn(power_of(_by_sign(residual), 6), seen)
        return ratio


def _by_sign(residual: Floats) -> Floats:
    """Sizes of the positive and of the negative residuals (2 k, n) of (k, n)."""
    return np.concatenate((np.maximum(residual, 0), np.maximum(-residual, 0)))
