"""The values of the last hour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from forecaster.engine.order_statistics import deviation, median
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

    def levels(self, tick: int, rows: NDArray[np.intp], slope: Floats) -> Floats:
        """The levels now (2, len(rows)) along slopes per step: by the whole hour, by its newest twelfth."""
        ages = self.ages(tick)
        now = self.values[:, rows] + slope * ages[:, None]
        return np.stack([median(now), median(newest(now, ages))])

    def jitter(self, tick: int, rows: NDArray[np.intp]) -> Floats:
        """Robust standard deviation of what comes anew with each sample of the series at `rows`: neither
        their slope nor what wanders has a part in the change from one to the next.
        """
        order = (tick + 1 + np.arange(len(self.values))) % len(self.values)  # oldest first
        moves = np.diff(self.values[order[:, None], rows], axis=0)
        jitter: Floats = np.nan_to_num(deviation(moves, median(moves))) / np.sqrt(2)
        return jitter

    def ages(self, tick: int) -> NDArray[np.intp]:
        """Steps since each slot was written, as of step `tick`."""
        return (tick - np.arange(len(self.values))) % len(self.values)


def newest(hour: Floats, ages: NDArray[np.intp]) -> Floats:
    """The rows of an hour's newest twelfth, of three at least."""
    return hour[ages < max(3, len(ages) // 12)]
