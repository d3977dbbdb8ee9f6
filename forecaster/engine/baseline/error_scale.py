"""The expected band: how far one-step-ahead errors of a series usually go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from forecaster.engine.baseline import kernel
from forecaster.engine.state import SeriesState

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.engine.settings import Settings

    Floats = NDArray[np.float64]


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

    def observe(self, error: Floats) -> None:
        """Take in the errors (n,) of a step; NaN = missing."""
        kernel.learn(error, self.memory, self.warm, self.mean, self.count)
