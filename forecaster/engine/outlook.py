"""What the engine says of a batch of series after one step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from forecaster.engine.state import SeriesState

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from forecaster.engine.reasons import Reasons

    Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Outlook(SeriesState):
    """Units are the values' own, times are seconds; arrays are (n,) unless said.

    `expected`, `lower`, `upper` and `anomaly_score` judge the step's value by the past alone; everything else
    looks ahead from it.
    """

    expected: Floats
    lower: Floats
    upper: Floats
    anomaly_score: Floats  # > 1 an anomaly begins or grows, >= 0.9 it goes on; 0 where none is known
    exhaustion_seconds: Floats  # until the limit is reached; inf = not in sight
    exhaustion_quantiles: Floats  # (n_quantiles, n)
    probability: Floats  # (n_horizons, n) that the limit is reached within each horizon; 0 without a limit
    forecast: Floats  # (n_horizons, n_quantiles, n)
    reasons: Reasons
    ready: NDArray[np.bool_]  # enough has been seen to be judged
