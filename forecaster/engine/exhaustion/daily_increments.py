"""What followed at this time of the day on the days before, carried on from where the series stands now.

The increments of the same clock time, not its values: a rising saw-tooth, a daily wave on a trend and a
nightly job all keep their shape while their level moves. The median over three days votes out what happened
once; of two days it is the mean, of one day that day.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from forecaster.engine.exhaustion import foresight_kernel
from forecaster.engine.state import SeriesState

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.engine.settings import Settings

    Floats = NDArray[np.float64]
    Singles = NDArray[np.float32]

DAYS = 3
"""Days before that are looked up."""
_BLOCKS = 96  # a day, at most …
_SAMPLES = 6  # … and so many samples in each: the highest of many noisy means is too high


@dataclass
class DailyIncrements(SeriesState):
    """Block means of the last days; `day` in blocks, `block` in steps. Steps are numbered by `tick`.

    >>> from forecaster.engine.settings import Settings
    >>> days = DailyIncrements.fresh(1, Settings(step=3600))
    >>> for tick in range(2 * 24):
    ...     ended = days.observe(np.array([tick + 30.0 * (tick % 24 >= 12)]), tick)
    >>> days.day, days.path(days.number(47), np.array([1, 2, 3, 4]), np.arange(1))[:, 0].tolist()
    (4, [-24.0, -18.0, 18.0, 24.0])
    """

    day: int
    block: float
    means: Singles  # (days * day + 1, n) by block number modulo its length, NaN = missing
    total: Floats  # (n,) of the running block
    count: Floats

    @classmethod
    def fresh(cls, n: int, settings: Settings) -> Self:
        day = max(1, min(_BLOCKS, settings.season // _SAMPLES))
        means = np.full((DAYS * day + 1, n), np.nan, np.float32)
        return cls(day, settings.season / day, means, np.zeros(n), np.zeros(n))

    def number(self, tick: int) -> int:
        """The block a step belongs to."""
        return int(tick // self.block)

    def ends(self, tick: int) -> bool:
        """Whether a block ends with this step."""
        return self.number(tick) != self.number(tick + 1)

    def observe(self, values: Floats, tick: int) -> bool:
        """Add the values (n,) of step `tick`; whether a block ends with it."""
        foresight_kernel.tally(values, self.total, self.count)
        ends = self.ends(tick)
        if ends:
            foresight_kernel.close(self.means, self.number(tick) % len(self.means), self.total, self.count)
        return ends

    def path(self, block: int, ahead: NDArray[np.intp], rows: NDArray[np.intp]) -> Floats:
        """Where the series at `rows` go from block `block` on, as increments after it; NaN = unknown.

        `ahead` are numbers of blocks, from 1 to a day: (len(ahead), len(rows)).
        """
        out = np.empty((len(ahead), len(rows)))
        foresight_kernel.path(self.means, block, ahead, self.day, rows, out)
        return out

    def steps(self, block: int) -> range:
        """The numbers of a block's steps."""
        return range(math.ceil(block * self.block), math.ceil((block + 1) * self.block))

    def latest(self, block: int) -> Floats:
        """The mean of a block (n,)."""
        mean: Floats = self.means[block % len(self.means)].astype(np.float64)
        return mean
