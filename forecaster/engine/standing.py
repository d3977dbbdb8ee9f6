"""What the values of the next step are judged by, taken out of the engine: judging learns nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from forecaster.engine.state import SeriesState

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.engine.anomaly import AnomalyScore

    Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Standing(SeriesState):
    """A copy: the engine may go on, in another thread too. Some 8 kB a series."""

    at: int  # Unix seconds of the next step
    expected: Floats  # (n,) of the next step; NaN where nothing is expected yet
    score: AnomalyScore

    def judge(
        self, values: Floats, sensitivity: Floats | float = 1.0, min_deviation: Floats | float = 0.0
    ) -> Floats:
        """The anomaly score (n,) of these values (n,), NaN = missing, if they were those of the next step."""
        score = self.score.take(np.arange(len(values)))
        dial = {"sensitivity": sensitivity, "min_deviation": min_deviation}
        return score.observe(values, values, self.expected, self.at, **dial)
