"""The expected band: how far one-step-ahead errors of a series usually go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from forecaster.engine.state import SeriesState

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.engine.settings import Settings

    Floats = NDArray[np.float64]

_MEAN_TO_DEVIATION = 1.2533  # √(π/2): standard deviation of a normal error by its mean absolute value
_WILD = 8.0  # an error counts as at most this many times the usual one


@dataclass
class ErrorScale(SeriesState):
    """Running mean of absolute errors (n,), robust to single wild ones, and the range of the values seen.

    >>> from forecaster.engine.settings import Settings
    >>> scale = ErrorScale.fresh(1, Settings(step=300))
    >>> for error in (1.0, -1.0) * 20 + (1000.0,):
    ...     scale.observe(np.array([error]), np.array([50 + error]))
    >>> scale.mean.round(2).tolist()
    [1.17]
    """

    memory: int  # steps
    warm: int  # steps until the band has its own width
    mean: Floats
    count: Floats
    lowest: Floats
    highest: Floats

    @classmethod
    def fresh(cls, n: int, settings: Settings) -> Self:
        warm = settings.steps(1 / 24, at_least=10)
        zero = np.zeros(n)
        return cls(
            settings.steps(2.0, at_least=20), warm, zero, zero.copy(), np.full(n, np.inf), np.full(n, -np.inf)
        )

    def deviation(self) -> Floats:
        """Standard deviation of the errors (n,); never below a thousandth of the range of the values."""
        return np.maximum(_MEAN_TO_DEVIATION * self.mean, self.floor())

    def floor(self) -> Floats:
        return np.where(self.highest >= self.lowest, self.highest / 1000 - self.lowest / 1000, 0.0)

    def within_reach(self, values: Floats) -> Floats:
        """`values` (n,) held to the range seen so far and once its width beyond."""
        half = np.where(self.highest >= self.lowest, self.highest / 2 - self.lowest / 2, 0.0)
        held: Floats = np.minimum(np.maximum(values, self.lowest - 2 * half), self.highest + 2 * half)
        return held

    def widening(self) -> Floats:
        """Factor for a band whose scale rests on few errors: 3 at first, 1 once warm."""
        return 1.0 + 2.0 * np.maximum(0.0, 1.0 - self.count / self.warm)

    def observe(self, error: Floats, values: Floats) -> None:
        """Take in the errors (n,) and values (n,) of a step; NaN = missing."""
        seen = np.isfinite(error)
        size = np.abs(np.where(seen, error, 0.0))
        young = self.count < self.warm
        usual = np.where(young | (self.mean <= 0), size, np.minimum(size, _WILD * self.mean))
        self.count += seen
        rate = np.maximum(1.0 / np.maximum(self.count, 1.0), 1.0 / self.memory)
        self.mean = np.where(seen, self.mean + rate * (usual - self.mean), self.mean)
        self.lowest = np.fmin(self.lowest, values)
        self.highest = np.fmax(self.highest, values)
