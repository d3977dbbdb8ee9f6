"""Robust trends online: block means of windows, their Theil-Sen slope and Kendall's τ.

Sen, Estimates of the regression coefficient based on Kendall's tau (1968): the median of all pairwise slopes
is unmoved by up to 29 % of outliers; τ, the share of rising less the share of falling pairs, says whether
there is a trend.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from forecaster.engine.exhaustion import trend_kernel
from forecaster.engine.state import SeriesState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from forecaster.engine.settings import Settings

    Floats = NDArray[np.float64]
    Singles = NDArray[np.float32]

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


@dataclass(frozen=True, eq=False)
class Layout:
    """Where the blocks of some windows stand: a row for each window."""

    blocks: NDArray[np.intp]  # (windows, 3) first row, number of blocks, steps they end early
    lengths: Floats  # (windows,) of a block in steps

    @classmethod
    def of(cls, settings: Settings, windows: Sequence[Window]) -> Self:
        steps = [settings.steps(window.days) for window in windows]
        rows = [min(window.blocks, its) for window, its in zip(windows, steps, strict=True)]
        first = np.cumsum([0, *rows[:-1]])
        blocks = np.stack([first, rows, [window.early for window in windows]], axis=1)
        return cls(blocks, np.array(steps) / np.array(rows))


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
    layout: Layout
    running: Floats  # (windows, 3, n) of the running blocks: sums of values and their times, numbers
    means: Singles  # (all blocks, n) of whole blocks, NaN = no values
    times: Singles  # (all blocks, n) mean times of these values in their block
    slope: Floats  # (windows, n) per step, NaN = no trend upwards

    @classmethod
    def fresh(cls, n: int, settings: Settings, windows: tuple[Window, ...]) -> Self:
        layout = Layout.of(settings, windows)
        rows = int(layout.blocks[:, 1].sum())
        running, slope = np.zeros((len(windows), 3, n)), np.full((len(windows), n), np.nan)
        means, times = (np.full((rows, n), np.nan, np.float32) for _ in range(2))
        return cls(windows, layout, running, means, times, slope)

    def observe(self, values: Floats, tick: int) -> None:
        """Add the values (n,) of step `tick`; every step must be given, NaN = missing."""
        layout, ended = self.layout, np.empty(len(self.windows), np.intp)
        blocks = self.running, self.means, self.times
        if trend_kernel.add(values, tick, layout.blocks, layout.lengths, *blocks, ended):
            for which in np.flatnonzero(ended >= 0).tolist():
                self._renew(which, int(ended[which]))

    def _renew(self, which: int, newest: int) -> None:
        """A block of a window has ended, in that of its rows."""
        first, rows, _ = self.layout.blocks[which].tolist()
        if rows < _FEWEST_BLOCKS:
            return
        its = slice(first, first + rows)
        rings, length = (self.means[its], self.times[its]), float(self.layout.lengths[which])
        slope, _ = theil_sen(rings, newest, length, self.windows[which].least, self.slope[which])
        self.slope[which] = np.where(slope > 0, slope, np.nan)


def theil_sen(
    rings: tuple[Singles, Singles],
    newest: int,
    length: float,
    least: float,
    before: Floats | None = None,
) -> tuple[Floats, Floats]:
    """Median slope and Kendall's tau (n,) of block means, NaN = none, given with their mean times in the
    block (blocks, n), rings whose last block is in row `newest`; a block is `length` steps.

    The slope is NaN where tau is below `least`, and tau then no more than known to be so: most of the work is
    to find it, and the slope. A slope `before` (n,), NaN = none, makes it faster, not another one.
    """
    blocks, n = rings[0].shape
    slope, tau = np.full(n, np.nan) if before is None else before.copy(), np.empty(n)
    work = np.empty(2 * blocks + blocks * (blocks - 1))
    trend_kernel.theil_sen(*rings, newest, length, _FILLED, least, slope, tau, work)
    return slope, tau
