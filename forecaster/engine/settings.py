"""What a batch of series has in common: its clock, its horizons and the sensitivity of its bands."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Settings:
    """Times are seconds. Every window of the engine is a share of `day`, so that a dilated clock runs the
    same engine.
    """

    step: int  # between two samples
    day: int = 86400  # the main season
    horizons: tuple[int, ...] = (900, 3600, 86400)
    quantiles: tuple[float, ...] = (0.1, 0.5, 0.9)  # of forecasts and of the time to exhaustion
    band: float = 3.0  # half width of the expected band, in standard deviations of a normal error
    fit_days: int = 4  # the window parameters are fitted on, each day anew
    lower_limit: bool = False  # limits are reached from above: free space that runs out
    lowest: float = -math.inf  # that values can be: forecasts keep to it
    highest: float = math.inf

    def __post_init__(self) -> None:
        if self.step < 1 or self.day < 1 or not self.horizons or min(self.horizons) < 1:
            raise ValueError("step, day and horizons must be positive seconds")
        if not self.lowest < self.highest:
            raise ValueError("lowest must be below highest")
        if not all(0 < q < 1 for q in self.quantiles):
            raise ValueError("quantiles must lie between 0 and 1")

    @cached_property
    def season(self) -> int:
        """Steps in a day; 1 (no season) when a step is longer than half a day."""
        return max(1, round(self.day / self.step)) if 2 * self.step <= self.day else 1

    @cached_property
    def toward(self) -> float:
        """Direction of the limit, 1.0 up or -1.0 down; times it, values rise to their limits."""
        return -1.0 if self.lower_limit else 1.0

    @cached_property
    def hour(self) -> int:
        """Whole steps in an hour."""
        return self.steps(1 / 24)

    @cached_property
    def ascending(self) -> tuple[int, ...]:
        """The horizons' numbers in the order of their length."""
        return tuple(sorted(range(len(self.horizons)), key=lambda number: self.horizons[number]))

    @cached_property
    def ends(self) -> NDArray[np.float64]:
        """The horizons, ascending."""
        return np.array([self.horizons[number] for number in self.ascending], np.float64)

    def steps(self, days: float, at_least: int = 1) -> int:
        """Whole steps in a share of a day."""
        return max(at_least, round(days * self.day / self.step))

    def tick(self, timestamp: int) -> int:
        """The number of the step a Unix time falls into; common to all series."""
        return int(timestamp) // self.step

    def ends_day(self, tick: int) -> bool:
        """Whether step `tick` is the last of its day."""
        return tick * self.step // self.day != (tick + 1) * self.step // self.day
