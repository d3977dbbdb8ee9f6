"""The clock of the anomaly members: every memory, block and lag is a share of the main season (the day)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

SLOTS = 288
"""Most slots a seasonal table divides the day into: five minutes of a real day."""


class Sampling(Protocol):
    """What the score needs to know of the engine's settings."""

    @property
    def step(self) -> int:
        """Seconds between samples."""

    @property
    def day(self) -> int:
        """Seconds of the main season."""


@dataclass(frozen=True)
class Clock:
    """Steps, hours and days of one batch; an "hour" is day / 24, however long the day is."""

    step: int
    day: int

    @classmethod
    def of(cls, settings: Sampling) -> Clock:
        return cls(step=int(settings.step), day=int(settings.day))

    @property
    def hour(self) -> float:
        """Seconds of an hour, never less than one step (a coarser grid has no finer hour)."""
        return max(self.day / 24, float(self.step))

    @property
    def slots(self) -> int:
        """Slots of the seasonal table."""
        return max(1, min(SLOTS, self.day // self.step))

    def slot(self, timestamp: int) -> int:
        """Slot of the day that holds `timestamp`."""
        return int(timestamp % self.day * self.slots // self.day)

    def block(self, timestamp: int) -> int:
        """Running number of the hour that holds `timestamp`."""
        return math.floor(timestamp / self.hour)

    def rate(self, hours: float, at_least: float = 1.0) -> float:
        """Weight of the newest sample in a mean that remembers `hours`, and `at_least` so many samples."""
        return 1 - math.exp(-1 / max(hours * self.day / 24 / self.step, at_least))
