"""Which past hours the shape member compares the last hours with.

"Do the last hours resemble the same clock time, give or take two or three hours, on any past day?" The lags
are about 1 to 7, 14 and 21 days. What comes once a week has one neighbour a week, not several: one that is
whole weeks away may stand alone.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.engine.anomaly.timing import Timing

DAYS_NEAR = range(1, 8)
DAYS_FAR = (14, 21)
HOURS_NEAR, HOURS_FAR = 2.0, 3.0
"""How far a lag may stray from whole days."""
WEEKS = (7, 14, 21)
STRAY_HOURS = 1.0
"""Shape of whole weeks, and how far they may stray."""


@lru_cache
def lags_of(timing: Timing) -> NDArray[np.intp]:
    """The lags in blocks, ascending."""
    day = timing.blocks_per_day
    near, far = (round(hours * day / 24) for hours in (HOURS_NEAR, HOURS_FAR))
    lags = {day * d + j for d in DAYS_NEAR for j in range(-near, near + 1)}
    lags |= {day * d + j for d in DAYS_FAR for j in range(-far, far + 1)}
    return np.array(sorted(lags), np.intp)


@lru_cache
def weekly(timing: Timing) -> NDArray[np.uint8]:
    """Which of the lags are about whole weeks: 1, the others 0."""
    day = timing.blocks_per_day
    stray = round(STRAY_HOURS * day / 24)
    whole = [day * d + j for d in WEEKS for j in range(-stray, stray + 1)]
    return np.isin(lags_of(timing), whole).astype(np.uint8)
