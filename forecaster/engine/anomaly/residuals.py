"""Member L: sizes of one-step residuals. Sees spikes, dips and steps at once, on several time scales.

Three robust levels of different speed, each with its own offset per slot of the day; a residual may move its
level by three scales at most, so one spike does not become the level. Positive and negative residuals are
streams apart: a series whose peaks are ordinary can still have an extraordinary dip.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from forecaster.engine.anomaly.extremes import Extremes
from forecaster.engine.state import SeriesState

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.engine.anomaly.clock import Clock

    Floats = NDArray[np.float64]

RATES = np.array([[0.5], [0.15], [0.02]])
"""Weight of the newest sample in each level."""
CLIP = 3.0
"""Scales by which one residual may count for the level."""
SURPRISE = 8.0
"""Scales by which one residual may count for the scale."""
SCALE_DAYS = 1.0
FLOOR = 0.001
"""Smallest size that counts, as a share of the largest magnitude seen."""
SEASON_RATE = 0.1
SEASON_DAMPING = 0.98
"""The offsets shrink a little at each visit, so that a series without a season keeps none."""


@dataclass
class Residuals(SeriesState):
    """Attributes: level, scale (3, n); season (slots, 3, n); visits (slots, n); count (n,)."""

    clock: Clock
    level: Floats
    scale: Floats
    season: NDArray[np.float32]
    visits: NDArray[np.uint8]
    count: Floats

    @classmethod
    def fresh(cls, n: int, clock: Clock) -> Self:
        speeds = len(RATES)
        return cls(
            clock,
            np.zeros((speeds, n)),
            np.zeros((speeds, n)),
            np.zeros((clock.slots, speeds, n), np.float32),
            np.zeros((clock.slots, n), np.uint8),
            np.zeros(n),
        )

    @staticmethod
    def memory(n: int, clock: Clock) -> Extremes:
        """The normaliser of this member's six streams."""
        return Extremes.fresh(2 * len(RATES), n, clock, power=6, days=(3, 14))

    def observe(self, values: Floats, seen: NDArray[np.bool_], timestamp: int) -> Floats:
        """Residuals of `values` (n,), positive ones, then the negative ones' sizes: (6, n)."""
        slot = self.clock.slot(timestamp)
        first = seen & (self.count == 0)
        self.level[:, first] = values[first]
        residual = np.where(seen, values - self.level - self.season[slot], 0.0)
        self._learn(residual, seen, slot)
        return np.concatenate((np.maximum(residual, 0), np.maximum(-residual, 0)))

    def _learn(self, residual: Floats, seen: NDArray[np.bool_], slot: int) -> None:
        self.count += seen
        size = np.abs(residual)
        young = self.count <= 8
        limit = np.where(young, np.inf, CLIP * self.scale)
        step = np.clip(residual, -limit, limit)
        rate = np.maximum(self.clock.rate(24 * SCALE_DAYS), 1 / np.maximum(self.count, 1)) * seen
        most = np.where(young, np.inf, SURPRISE * self.scale)
        self.scale += rate * (np.minimum(size, most) - self.scale)
        self.level += RATES * step * seen
        visits = self.visits[slot]
        learn = np.maximum(SEASON_RATE, 1 / (1.0 + visits)) * seen
        damping = np.where(seen, SEASON_DAMPING, 1.0)
        self.season[slot] = damping * (self.season[slot] + learn * step)
        visits += seen & (visits < 255)
