"""What came of forecasts: sums that fade, so that they are of as many outcomes as 30 days have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from forecaster.engine.state import SeriesState

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Singles = NDArray[np.float32]

FADING = 30.0
"""Days after which an outcome counts 1/e: at an even rate, the sums are those of so many days."""


@dataclass(frozen=True)
class Record(SeriesState):
    """By horizon (n_horizons, n) and of the series (n,). Errors are sums over outcomes for which all three
    are known: of the forecast's median, of the last value, of the value of the same time of an earlier day.
    """

    outcomes: Singles  # values that came
    inside: Singles  # of them between the outer quantiles
    error: Singles
    error_last: Singles
    error_earlier: Singles
    chances: Singles  # probabilities of reaching the limit that were judged
    squares: Singles  # of their distances from what happened: 1 = the limit was reached
    reached: Singles  # how many times it was
    flagged: Singles  # (n,) times that the limit was reached, and that was likely within the day before it …
    missed: Singles  # … and was not

    @classmethod
    def fresh(cls, n: int, horizons: int) -> Self:
        """Of forecasts that have not been judged."""
        return cls(
            *(np.zeros((horizons, n), np.float32) for _ in range(8)),
            *(np.zeros(n, np.float32) for _ in range(2)),
        )
