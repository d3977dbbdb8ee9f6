"""The values of the last hour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from forecaster.engine.exhaustion import trend_kernel
from forecaster.engine.state import SeriesState

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.engine.settings import Settings

    Floats = NDArray[np.float64]


@dataclass
class RecentValues(SeriesState):
    """The values of the last hour (at least a dozen), newest in slot `tick % len`."""

    values: Floats  # (k, n)

    @classmethod
    def fresh(cls, n: int, settings: Settings) -> Self:
        return cls(np.full((settings.steps(1 / 24, at_least=12), n), np.nan))

    def observe(self, values: Floats, tick: int) -> None:
        self.values[tick % len(self.values)] = values

    def jitter(self, tick: int, rows: NDArray[np.intp]) -> Floats:
        """Robust standard deviation of what comes anew with each sample of the series at `rows`: neither
        their slope nor what wanders has a part in the change from one to the next.
        """
        out = np.empty(len(rows))
        trend_kernel.jitter(self.values, tick, rows, out, self.work())
        return out

    def work(self) -> Floats:
        """Room for an hour's values, twice."""
        return np.empty(2 * len(self.values))
