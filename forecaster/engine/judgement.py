"""What the engine says of a step that has come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from forecaster.engine.state import SeriesState

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Judgement(SeriesState):
    """A step's values against what was expected of them, (n,) each; `limit` has the direction of the
    settings: for it, values rise.
    """

    values: Floats  # NaN = missing
    limit: Floats  # NaN = none
    expected: Floats
    lower: Floats
    upper: Floats
    anomaly_score: Floats
    season: Floats  # the part the season has in `expected`

    @classmethod
    def fresh(cls, n: int) -> Self:
        """Before the first step."""
        return cls(*np.full((7, n), np.nan))

    def reached(self, toward: float) -> NDArray[np.bool_]:
        """Where the value is at its limit or beyond it, in the direction `toward` (n,)."""
        reached: NDArray[np.bool_] = np.isfinite(self.limit) & (toward * self.values >= self.limit)
        return reached
