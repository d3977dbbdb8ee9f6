"""Robust trends online: block means of windows, their Theil-Sen slope and Kendall's τ.

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
    from collections.abc import Sequence

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


@dataclass(frozen=True)
class Blocks:
    """The blocks of a window: the first of their rows, how many there are, and their length in steps."""

    first: int
    rows: int
    length: float

    def number(self, tick: int) -> int:
        """The block a step belongs to."""
        return int(tick // self.length)

    def row(self, block: int) -> int:
        """Where the sums of a block stand."""
        return self.first + block % self.rows


@dataclass
class TrendWindows(SeriesState):
    """The trends of the last whole blocks of some windows; a slope is renewed as a block of its window ends.

    >>> from forecaster.engine.settings import Settings
    >>> trends = TrendWindows.fresh(1, Settings(step=300), (Window(0.25, 24, 0.6),))
    >>> for tick in range(72):
    ...     trends.observe(np.array([5.0 + 0.1 * tick if tick != 40 else 99.0]), tick)
    >>> trends.slope[0].round(3).tolist()
    [0.1]
    """

    windows: tuple[Window, ...]
    blocks: tuple[Blocks, ...]  # one to a window
    sums: Floats  # (all blocks, n) of the values in each block
    ticks: Floats  # (all blocks, n) of their steps' numbers
    counts: Floats  # (all blocks, n)
    slope: Floats  # (windows, n) per step, NaN = no trend upwards

    @classmethod
    def fresh(cls, n: int, settings: Settings, windows: Sequence[Window]) -> Self:
        blocks: list[Blocks] = []
        for window in windows:
            steps = settings.steps(window.days)
            rows = min(window.blocks, steps)
            blocks.append(Blocks(sum(each.rows for each in blocks), rows, steps / rows))
        sums, ticks, counts = np.zeros((3, sum(each.rows for each in blocks), n))
        return cls(tuple(windows), tuple(blocks), sums, ticks, counts, np.full((len(windows), n), np.nan))

    def observe(self, values: Floats, tick: int) -> None:
        """Add the values (n,) of step `tick`; every step must be given, NaN = missing."""
        ticks = [tick + window.early for window in self.windows]
        numbers = [blocks.number(at) for blocks, at in zip(self.blocks, ticks, strict=True)]
        rows = [blocks.row(number) for blocks, number in zip(self.blocks, numbers, strict=True)]
        both = list(zip(self.blocks, ticks, numbers, strict=True))
        begins = [blocks.number(at - 1) != number for blocks, at, number in both]
        kernel.add(
            values,
            np.array(ticks, np.float64),
            np.array(rows),
            np.array(begins, np.uint8),
            self.sums,
            self.ticks,
            self.counts,
        )
        for which, (blocks, at, number) in enumerate(both):
            if blocks.number(at + 1) != number:
                self._renew(which, number)

    def _renew(self, which: int, block: int) -> None:
        blocks = self.blocks[which]
        if blocks.rows < _FEWEST_BLOCKS:
            return
        its = slice(blocks.first, blocks.first + blocks.rows)
        newest = block % blocks.rows
        rings = self.sums[its], self.ticks[its], self.counts[its]
        slope, _ = theil_sen(*rings, newest, self.windows[which].least)
        self.slope[which] = np.where(slope > 0, slope, np.nan)


def theil_sen(
    sums: Floats, times: Floats, counts: Floats, newest: int, least: float
) -> tuple[Floats, Floats]:
    """Median slope and Kendall's tau (n,) of block means, given sums of values and times (blocks, n), rings
    whose last block is in row `newest`.

    The slope is NaN where tau is below `least`: most of the work is the slope.
    """
    blocks, n = sums.shape
    slope, tau = np.empty(n), np.empty(n)
    work = np.empty(2 * blocks + blocks * (blocks - 1) // 2)
    kernel.theil_sen(sums, times, counts, newest, _FILLED, least, slope, tau, work)
    return slope, tau
