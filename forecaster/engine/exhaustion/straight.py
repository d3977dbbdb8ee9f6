"""The straight views of some series, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.engine.exhaustion.line import Line

    Floats = NDArray[np.float64]
    Rows = NDArray[np.intp]

LONG = 7.0
"""Days, from which on a window's slope is known better than an hour's rise tells."""


class Straight(NamedTuple):
    """The straight views of the series at `rows`: their level, a line for each window, and one of all
    those.
    """

    rows: Rows
    level: Line
    trends: list[Line]
    trend: Line

    def carried(self, ahead: float, day: int, n: int) -> Floats:
        """The values (n,) in `ahead` seconds if the trend goes on; NaN where there is none.

        Within a day that is the trend that all lines make; later the longest of those that were seen for
        days, because what rose today may rest tonight.
        """
        line, value = self.trend, np.full(n, np.nan)
        if ahead <= day:
            value[self.rows] = np.where(line.usable, line.level + line.slope * ahead, np.nan)
            return value
        for line in self.trends:
            if line.age >= LONG * day:
                carried = line.level + line.slope * ahead
                value[self.rows] = np.where(line.usable, carried, value[self.rows])
        return value
