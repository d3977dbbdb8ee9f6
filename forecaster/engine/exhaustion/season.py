"""What Holt-Winters foresees: the season of the day, and of the week where it is known, on a drift.

Its path goes on from where the series stands. The filters' own trends are damped, for they serve the next
step; a day ahead the season is carried on by what no season of the day has a part in, the rise from one day
to the next.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from forecaster.engine.exhaustion import foresight_kernel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from forecaster.engine.exhaustion.daily_increments import DailyIncrements

    Flags = NDArray[np.uint8]
    Floats = NDArray[np.float64]
    Rows = NDArray[np.intp]
    Singles = NDArray[np.float32]

SEASON = 2
"""That Holt-Winters speaks, in the kernel's numbers."""


class Filter(NamedTuple):
    """The filters of a batch that have a season."""

    logarithmic: Flags  # (n,) of logarithms
    level: Floats  # (n,)
    season: Singles  # (phases, n)


class Filters(NamedTuple):
    """Holt-Winters after a step: who has a season, and whether that of the week, too."""

    fitted: NDArray[np.bool_]  # (n,)
    by_week: Flags  # (n,)
    daily: Filter
    weekly: Filter
    week: Singles  # (hours, n) what each hour of the week adds to a weekly filter
    hour: float  # steps
    toward: float  # the direction of limits, 1 or -1: times it, values rise to them


@dataclass(frozen=True)
class Season:
    """The filters after a block of the day has ended; its number is `block`."""

    filters: Filters
    days: DailyIncrements
    block: int

    def known(self) -> bool:
        """Whether any series has a season."""
        return bool(self.filters.fitted.any())

    def drift(self) -> Floats:
        """Rise per block from day to day (n,)."""
        drift = np.empty(len(self.filters.fitted))
        foresight_kernel.drift(self.days.means, self.block, self.days.day, drift)
        return drift

    def rises(self, ahead: Sequence[int], drift: Floats) -> Floats:
        """How much the mean of a block rises in so many blocks (len(ahead), n); NaN where no season is
        known.
        """
        means = self._means((0, *ahead), np.arange(len(drift)))
        rises = self.filters.toward * (means[1:] - means[0]) + np.outer(ahead, drift)
        return np.where(self.filters.fitted, rises, np.nan)

    def path(self, drift: Floats, rows: Rows, into: tuple[Singles, Singles, Floats]) -> None:
        """The rises of the series at `rows` within a day, their running maximum (day, n) and their end (n,),
        `into` arrays of all series.
        """
        foreseen = self._means(range(self.days.day + 1), rows)
        foresight_kernel.season_path(foreseen, rows, drift, self.filters.toward, *into)

    def _means(self, ahead: Sequence[int], rows: Rows) -> Floats:
        """What the filters say of blocks so many after this one, if their levels stay: (len(ahead),
        len(rows)).
        """
        filters = self.filters
        phases, hours = len(filters.daily.season), len(filters.week)
        steps = [
            (place, tick % phases, int(tick // filters.hour) % hours)
            for place, blocks in enumerate(ahead)
            for tick in self.days.steps(self.block + blocks)
        ]
        each = filters.by_week, *filters.daily, *filters.weekly, filters.week
        out = np.empty((len(ahead), len(rows)))
        foresight_kernel.season_means(rows, np.array(steps, np.intp), *each, out)
        return out
