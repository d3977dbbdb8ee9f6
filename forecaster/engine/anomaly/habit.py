"""Weekly habits: what was unusual at this hour a week or two ago is less so now.

A job that runs once a week is out of the ordinary for every memory of hours and days, each time. How strong
it was then is remembered by the hour, and raises the bar for the same hour of the next two weeks. What comes
again, if weaker because expected, keeps the habit alive: the geometric mean of what was and what is goes on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from forecaster.engine.anomaly.habituation import HIGHEST
from forecaster.engine.state import SeriesState

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.engine.anomaly.timing import Timing

    Floats = NDArray[np.float64]

WEEKS = (1, 2)
STRAY = 1
"""Blocks by which the hour may stray."""


@dataclass
class Habit(SeriesState):
    """Attributes: ring (two weeks of blocks, n) greatest strength by block number; running (n,) that of the
    running block; usual (n,) the greatest of this hour in the weeks before. `block` is the number of the
    running block, None before any.
    """

    timing: Timing
    ring: NDArray[np.float32]
    running: Floats
    usual: Floats
    block: int | None = None

    @classmethod
    def fresh(cls, n: int, timing: Timing) -> Self:
        longest = max(WEEKS) * 7 * timing.blocks_per_day + STRAY + 1
        return cls(timing, np.zeros((longest, n), np.float32), np.zeros(n), np.zeros(n))

    def recall(self, timestamp: int) -> Floats:
        """Greatest strength about this hour of the last weeks, (n,)."""
        block = self.timing.block_of(timestamp)
        if block != self.block:
            self._turn(block)
        return self.usual

    def learn(self, strength: Floats) -> None:
        self.running = np.maximum(self.running, np.minimum(strength, HIGHEST))

    def _turn(self, block: int) -> None:
        self.block, before = block, self.block
        size = len(self.ring)
        if before is not None:
            fading = np.sqrt(self.running * self.usual)
            self.ring[before % size] = np.maximum(self.running, fading)
            for skipped in range(before + 1, min(block, before + 1 + size)):
                self.ring[skipped % size] = 0
        week = 7 * self.timing.blocks_per_day
        at = [block - week * w + j for w in WEEKS for j in range(-STRAY, STRAY + 1)]
        self.usual = self.ring[[k % size for k in at]].max(axis=0).astype(np.float64)
        self.running = np.zeros_like(self.running)

    def join(self, other: Self) -> Self:
        joined = super().join(other)
        joined.block = other.block if self.block is None else self.block
        return joined
