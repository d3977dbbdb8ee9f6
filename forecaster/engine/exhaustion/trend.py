"""Robust trends online: block means of a window, their Theil-Sen slope and Kendall's τ.

Sen, Estimates of the regression coefficient based on Kendall's tau (1968): the median of all pairwise slopes
is unmoved by up to 29 % of outliers; τ, the share of rising less the share of falling pairs, says whether
there is a trend.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from forecaster.engine.exhaustion import kernel
from forecaster.engine.state import SeriesState

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.engine.settings import Settings

    Floats = NDArray[np.float64]

_FEWEST_BLOCKS = 6
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
        self.slope, self.tau = theil_sen(self.sums, self.ticks, self.counts, order, self.window.least)


def theil_sen(
    sums: Floats, times: Floats, counts: Floats, order: NDArray[np.intp], least: float
) -> tuple[Floats, Floats]:
    """Median slope and Kendall's tau (n,) of block means, given sums of values and times (blocks, n), which
    are in `order`.

    The slope is NaN where tau is below `least`: most of the work is the slope.
    """
    blocks, n = sums.shape
    slope, tau = np.empty(n), np.empty(n)
    work = np.empty(2 * blocks + blocks * (blocks - 1) // 2)
    kernel.theil_sen(sums, times, counts, order, _FILLED, least, slope, tau, work)
    return slope, tau
