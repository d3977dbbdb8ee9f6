"""The timing of the anomaly members: every memory, block and lag is a share of the main season (the day)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol


class Sampling(Protocol):
    """What the score needs to know of the engine's settings."""

    @property
    def step(self) -> int:
        """Seconds between samples."""

    @property
    def day(self) -> int:
        """Seconds of the main season."""


@dataclass(frozen=True)
class Timing:
    """Steps, hours and days of one batch; an "hour" is day / 24, however long the day is."""

    step: int
    day: int

    @classmethod
    def of(cls, settings: Sampling) -> Timing:
        return cls(step=int(settings.step), day=int(settings.day))

    @property
    def block(self) -> float:
        """Seconds of the blocks that hourly members work on: an hour, or a step if that is longer."""
        return max(self.day / 24, float(self.step))

    @property
    def blocks_per_day(self) -> int:
        """24, or fewer on a grid coarser than hours."""
        return max(1, round(self.day / self.block))

    def block_of(self, timestamp: int) -> int:
        """Running number of the block that holds `timestamp`."""
        return math.floor(timestamp / self.block)

    def slot(self, timestamp: int, slots: int) -> int:
        """The part of the day that holds `timestamp`, of so many."""
        return min(int(timestamp % self.day / self.day * slots), slots - 1)

    def between(self, timestamp: int, slots: int) -> tuple[int, int, float]:
        """The two parts of the day between whose middles `timestamp` lies, and the share of the second one;
        the part itself where parts are no longer than steps.
        """
        return _between(timestamp % self.day, self.day, self.step, slots)

    def steps(self, hours: float) -> float:
        """Steps in so many hours."""
        return hours * self.day / 24 / self.step

    def rate(self, hours: float, at_least: float = 1.0) -> float:
        """Weight of the newest sample in a mean that remembers `hours`, and `at_least` so many samples."""
        return 1 - math.exp(-1 / max(self.steps(hours), at_least))

    def block_rate(self, hours: float) -> float:
        """Weight of the newest block in a mean that remembers `hours`, and at least one block."""
        return 1 - math.exp(-1 / max(hours * self.blocks_per_day / 24, 1))


@lru_cache(maxsize=4096)
def _between(second: int, day: int, step: int, slots: int) -> tuple[int, int, float]:
    """`Timing.between` of a second of the day."""
    if slots >= day / step - 0.5:
        here = min(int(second / day * slots), slots - 1)
        return here, here, 0.0
    place = second / day * slots - 0.5
    before = math.floor(place)
    return before % slots, (before + 1) % slots, place - before
