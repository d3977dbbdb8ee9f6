"""The filter online: one step after the other, thousands of series at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from forecaster.engine.holt_winters import kernel
from forecaster.engine.state import SeriesState

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Singles = NDArray[np.float32]


@dataclass
class HoltWinters(SeriesState):
    """The filter's parameters and its state after the last step seen; units are the values' own.

    >>> model = HoltWinters.fresh(1, season=1, alpha=0.5, beta=0.0)
    >>> for value in (10.0, 14.0, 13.0):
    ...     error = model.follow(np.array([value]), 0)
    >>> model.level.tolist(), error.tolist()
    ([12.5], [1.0])
    """

    alpha: Floats  # (n,) share of an error that moves the level
    beta: Floats  # (n,) share of a level's move that moves the trend
    gamma: Floats  # (n,) share of an error that moves the season
    phi: Floats  # (n,) damping of the trend per step
    level: Floats  # (n,)
    trend: Floats  # (n,) per step
    season: Singles  # (season, n) offsets by phase; one row of zeros = no season

    @classmethod
    def fresh(cls, n: int, season: int, alpha: float = 0.3, beta: float = 0.01, gamma: float = 0.1) -> Self:
        """A filter that has seen nothing: the first value becomes its level."""
        ones = np.ones(n)
        parameters = (alpha * ones, beta * ones, gamma * ones, 0.98 * ones)
        return cls(*parameters, np.nan * ones, np.zeros(n), np.zeros((season, n), np.float32))

    def expected(self, phase: int) -> Floats:
        """The next step's value (n,), NaN before the first one; `phase` is that step's in the season."""
        offsets: Singles = self.season[phase % len(self.season)]
        return self.level + self.phi * self.trend + offsets

    def ahead(self, steps: int, phase: int) -> Floats:
        """The value `steps` ahead (n,) whose phase is `phase`: l + (phi + … + phi^steps)·b + s."""
        out, offsets = np.empty(len(self.level)), self.season[phase % len(self.season)]
        kernel.ahead(steps, self.phi, self.level, self.trend, offsets, out)
        return out

    def follow(self, values: Floats, phase: int) -> Floats:
        """Move to the next step with its values (n,), NaN = missing; how far off they were (n,)."""
        errors, offsets = np.empty(len(values)), self.season[phase % len(self.season)]
        parameters = self.alpha, self.beta, self.gamma, self.phi
        seasonal = len(self.season) > 1
        kernel.step(values, *parameters, self.level, self.trend, offsets, seasonal, errors)
        return errors

    def tune(self, rows: NDArray[np.intp], other: HoltWinters) -> None:
        """Give the series at `rows` the smoothing parameters that they have in `other`."""
        for name in ("alpha", "beta", "gamma", "phi"):
            getattr(self, name)[rows] = getattr(other, name)[rows]

    def renew(self, rows: NDArray[np.intp], other: HoltWinters) -> None:
        """Replace the filters of the series at `rows` by those of `other`, in that order."""
        for name in ("alpha", "beta", "gamma", "phi", "level", "trend"):
            getattr(self, name)[rows] = getattr(other, name)
        self.season[:, rows] = other.season
