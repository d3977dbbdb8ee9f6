"""Why the engine says what it says of a step, as figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from forecaster.engine.state import SeriesState

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.engine.anomaly import AnomalyScore
    from forecaster.engine.exhaustion.line import Line

    Floats = NDArray[np.float64]

_HOUR = 3600.0


@dataclass(frozen=True)
class Reasons(SeriesState):
    """Arrays are (n,) in the values' unit unless said; NaN = not known, or none."""

    trend: Floats  # per hour; 0 where there is none
    season: Floats  # what time of day and week add to the level; 0 where there is no season
    usual: Floats  # median of this hour over the last week
    onset: Floats  # Unix seconds at which the anomaly began that goes on, or began within the last hour
    origin: Floats  # what was normal when it began
    signs: Floats  # (4, n) in the order of anomaly.SIGNS, 1 = alarm limit; of an anomaly its strongest ones


def reasons(season: Floats, trend: Line, score: AnomalyScore, toward: float) -> Reasons:
    """The reasons of one step; `season` (n,) is its offset, `trend` is seen in the direction `toward`."""
    return Reasons(
        trend=np.where(trend.usable, toward * _HOUR * trend.slope, 0.0),
        season=season,
        usual=score.usual.copy(),
        onset=score.began.copy(),
        origin=score.origin.copy(),
        signs=score.signs.copy(),
    )
