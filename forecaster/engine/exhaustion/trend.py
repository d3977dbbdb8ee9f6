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

_FEWEST_BLOCKS = 6
_CHUNK = 1024  # series at a time: the pairs of that many fit the cache
_FILLED = 0.6  # share of the blocks that must hold a value


@dataclass(frozen=True)
class Window:
    """How long a trend is looked for, in how many blocks, and the least tau that makes it one.

    Blocks of whole days leave no daily wave, and two weeks of them no weekly one. Blocks end `early`, so many
    steps before the quarter, the hour or the day does: what is renewed then is not all renewed at one step.
    """

    days: float
    blocks: int
    least: float
    early: int = 0

    @property
    def slope_error(self) -> float:
        """Standard deviation of the slope as a share of it where all pairs rise: by that of tau without any
        trend, as Sen's confidence limits are.
        """
        n = self.blocks
        return float(np.sqrt(2 * (2 * n + 5) / (9 * n * (n - 1))))


@dataclass
class TrendWindow(SeriesState):
    """The trend of the last `blocks` whole blocks; slope and τ are renewed as a block ends.

    >>> from forecaster.engine.settings import Settings
    >>> trend = TrendWindow.fresh(1, Settings(step=300), Window(0.25, 24, 0.6))
    >>> for tick in range(72):
    ...     trend.observe(np.array([5.0 + 0.1 * tick if tick != 40 else 99.0]), tick)
    >>> trend.rising().round(3).tolist()
    [0.1]
    """

    window: Window
    block: float  # a block's length in steps
    sums: Floats  # (blocks, n) of the values in each block, by block number modulo blocks
    ticks: Floats  # (blocks, n) of their steps' numbers
    counts: Floats  # (blocks, n)
    slope: Floats  # (n,) per step, NaN = no trend upwards
    tau: Floats  # (n,)

    @classmethod
    def fresh(cls, n: int, settings: Settings, window: Window) -> Self:
        steps = settings.steps(window.days)
        blocks = min(window.blocks, steps)
        shape = (blocks, n)
        zero = np.zeros
        return cls(window, steps / blocks, zero(shape), zero(shape), zero(shape), np.full(n, np.nan), zero(n))

    def observe(self, values: Floats, tick: int) -> None:
        """Add the values (n,) of step `tick`; every step must be given, NaN = missing."""
        tick += self.window.early
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

    def rising(self) -> Floats:
        """The slope (n,) per step where there is a trend upwards, else NaN."""
        return np.where((self.slope > 0) & (self.tau >= self.window.least), self.slope, np.nan)

    def _renew(self, block: int) -> None:
        blocks = len(self.sums)
        if blocks < _FEWEST_BLOCKS:
            return
        order = (block + 1 + np.arange(blocks)) % blocks  # oldest first
        for first in range(0, len(self.slope), _CHUNK):
            columns = slice(first, first + _CHUNK)
            sums, ticks, counts = (ring[order, columns] for ring in (self.sums, self.ticks, self.counts))
            self.slope[columns], self.tau[columns] = theil_sen(sums, ticks, counts, self.window.least)


def theil_sen(sums: Floats, times: Floats, counts: Floats, least: float) -> tuple[Floats, Floats]:
    """Median slope and Kendall's tau (n,) of block means, given sums of values and times (blocks, n).

    The slope is NaN where tau is below `least`: most of the work is the slope.
    """
    filled = counts > 0
    safe = np.where(filled, counts, 1.0)
    means = np.where(filled, sums / safe, np.nan)
    known = filled.sum(axis=0)
    pairs = np.maximum(known * (known - 1) // 2, 1)
    tau = np.where(known >= _FILLED * len(sums), _concordance(means) / pairs, 0.0)
    slope = np.full(len(tau), np.nan)
    rows = np.flatnonzero(tau >= least)
    if len(rows):
        rise, run = _differences(means[:, rows]), _differences((times / safe)[:, rows])
        run[np.isnan(rise)] = 1.0
        slope[rows] = median(rise / run)
    return slope, tau


def _concordance(rows: Floats) -> NDArray[np.int64]:
    """How many pairs of rows rise less how many fall (n,); NaN does neither. At most 128 rows."""
    net = np.zeros(rows.shape, np.int8)
    for lag in range(1, len(rows)):
        net[lag:] += (rows[lag:] > rows[:-lag]).view(np.int8)
        net[lag:] -= (rows[lag:] < rows[:-lag]).view(np.int8)
    total: NDArray[np.int64] = net.sum(axis=0, dtype=np.int64)
    return total


def _differences(rows: Floats) -> Floats:
    """Later less earlier row, of all pairs: (k * (k - 1) / 2, n)."""
    out, first = np.empty((len(rows) * (len(rows) - 1) // 2, rows.shape[1])), 0
    for lag in range(1, len(rows)):
        last = first + len(rows) - lag
        np.subtract(rows[lag:], rows[:-lag], out=out[first:last])
        first = last
    return out
