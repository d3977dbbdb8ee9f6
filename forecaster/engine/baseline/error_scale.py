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
    """Running mean of absolute errors (n,), robust to single wild ones.

    >>> from forecaster.engine.settings import Settings
    >>> scale = ErrorScale.fresh(1, Settings(step=300))
    >>> for error in (1.0, -1.0) * 20 + (1000.0,):
    ...     scale.observe(np.array([error]))
    >>> scale.mean.round(2).tolist()
    [1.17]
    """

    memory: int  # steps
    warm: int  # steps until the band has its own width
    mean: Floats
    count: Floats

    @classmethod
    def fresh(cls, n: int, settings: Settings) -> Self:
        warm = settings.steps(1 / 24, at_least=10)
        zero = np.zeros(n)
        return cls(settings.steps(2.0, at_least=20), warm, zero, zero.copy())

    def deviation(self, floor: Floats) -> Floats:
        """Standard deviation of the errors (n,), never below a `floor` (n,)."""
        return np.maximum(_MEAN_TO_DEVIATION * self.mean, floor)

    def widening(self) -> Floats:
        """Factor for a band whose scale rests on few errors: 3 at first, 1 once warm."""
        return 1.0 + 2.0 * np.maximum(0.0, 1.0 - self.count / self.warm)

    def observe(self, error: Floats) -> None:
        """Take in the errors (n,) of a step; NaN = missing."""
        seen = np.isfinite(error)
        size = np.abs(np.where(seen, error, 0.0))
        young = self.count < self.warm
        usual = np.where(young | (self.mean <= 0), size, np.minimum(size, _WILD * self.mean))
        self.count += seen
        rate = np.maximum(1.0 / np.maximum(self.count, 1.0), 1.0 / self.memory)
        self.mean = np.where(seen, self.mean + rate * (usual - self.mean), self.mean)
