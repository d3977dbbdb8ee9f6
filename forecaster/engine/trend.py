"""Robust trends online: block means of a window, their Theil-Sen slope and Kendall's τ.

Sen, Estimates of the regression coefficient based on Kendall's tau (1968): the median of all pairwise slopes
is unmoved by up to 29 % of outliers; τ, the share of rising less the share of falling pairs, says whether
there is a trend.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from forecaster.engine.order_statistics import median
from forecaster.engine.state import SeriesState

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.engine.settings import Settings

    Floats = NDArray[np.float64]

_BLOCKS = 24
_FEWEST_BLOCKS = 6
_FILLED = 0.6  # share of the blocks that must hold a value


@dataclass
class TrendWindow(SeriesState):
    """The trend of the last `blocks` whole blocks; slope and τ are renewed as a block ends."""

    days: float  # the window's length
    block: float  # a block's length in steps
    sums: Floats  # (blocks, n) of the values in each block, by block number modulo blocks
    ticks: Floats  # (blocks, n) of their steps' numbers
    counts: Floats  # (blocks, n)
    slope: Floats  # (n,) per step, NaN = no trend
    tau: Floats  # (n,)

    @classmethod
    def fresh(cls, n: int, settings: Settings, days: float) -> Self:
        steps = settings.steps(days)
        blocks = min(_BLOCKS, steps)
        shape = (blocks, n)
        zero = np.zeros
        return cls(days, steps / blocks, zero(shape), zero(shape), zero(shape), np.full(n, np.nan), zero(n))

    def observe(self, values: Floats, tick: int) -> None:
        """Add the values (n,) of step `tick`; every step must be given, NaN = missing."""
        block, slot = int(tick // self.block), int(tick // self.block) % len(self.sums)
        if block != int((tick - 1) // self.block):
            for ring in (self.sums, self.ticks, self.counts):
                ring[slot] = 0.0
        seen = np.isfinite(values)
        self.sums[slot] += np.where(seen, values, 0.0)
        self.ticks[slot] += np.where(seen, float(tick), 0.0)
        self.counts[slot] += seen
        if block != int((tick + 1) // self.block):
            self._renew(block)

    def _renew(self, block: int) -> None:
        blocks = len(self.sums)
        if blocks < _FEWEST_BLOCKS:
            return
        order = (block + 1 + np.arange(blocks)) % blocks  # oldest first
        count = self.counts[order]
        filled = count > 0
        safe = np.where(filled, count, 1.0)
        means = np.where(filled, self.sums[order] / safe, np.nan)
        times = self.ticks[order] / safe
        first, second = np.triu_indices(blocks, 1)
        rise = means[second] - means[first]
        enough = filled.sum(axis=0) >= _FILLED * blocks
        pairs = np.isfinite(rise).sum(axis=0)
        self.tau = np.where(enough, np.nansum(np.sign(rise), axis=0) / np.maximum(pairs, 1), 0.0)
        self.slope = np.where(
            enough, median(rise / np.where(np.isfinite(rise), times[second] - times[first], 1.0)), np.nan
        )


@dataclass
class RecentValues(SeriesState):
    """The last hour's values, newest in slot `tick % len`."""

    values: Floats  # (k, n)

    @classmethod
    def fresh(cls, n: int, settings: Settings) -> Self:
        return cls(np.full((settings.steps(1 / 24, at_least=5), n), np.nan))

    def observe(self, values: Floats, tick: int) -> None:
        self.values[tick % len(self.values)] = values

    def ages(self, tick: int) -> NDArray[np.intp]:
        """Steps since each slot was written, as of step `tick`."""
        return (tick - np.arange(len(self.values))) % len(self.values)
