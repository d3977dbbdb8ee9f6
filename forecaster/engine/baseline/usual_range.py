"""What a sample may teach: no more than the range its series usually keeps, and some way beyond.

One sample in ten thousand is no measurement: a counter was reset, a disk stood still, a unit slipped. It is
judged as it is, but what the models learn from is held within reach of the usual range, so that none of them
has to forget it. What comes again is no slip: with the fourth such sample within some days, in a row or not,
the range is a new one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from forecaster.engine.state import SeriesState

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.engine.settings import Settings

    Floats = NDArray[np.float64]

REACH = 3.0
"""Usual ranges beyond the range: an outlier of 5 ranges does no measurable harm (tests/forecaster/bench)."""
NARROWING_DAYS = 30.0
"""Time in which an end of the range that nothing comes near moves 63 % of the way to the other end: as long
as the longest horizon, so that what rises steadily has its forecasts within reach.
"""
PATIENCE = 3.5
"""Samples out of reach that are let pass: the fourth in a row, one a day on the fourth or fifth day …"""
PATIENCE_DAYS = 7.0
"""… as they are remembered for so long."""
YOUNG = 12
"""First samples, which make the range."""


@dataclass
class UsualRange(SeriesState):
    """Attributes, (n,): low, high, the range; beyond, samples out of reach of late (fading); count, samples.

    >>> from forecaster.engine.settings import Settings
    >>> usual = UsualRange.fresh(1, Settings(step=300))
    >>> taught = [usual.held(np.array([10.0 + t % 3])) for t in range(20)]
    >>> [usual.held(np.array([value])).round().tolist() for value in (1e6, 11.0, 40.0)]
    [[48.0], [11.0], [40.0]]
    >>> [usual.held(np.array([500.0])).round().tolist() for _ in range(4)][-1]  # it stays
    [500.0]
    """

    narrowing: float  # share of the range, for each step
    fading: float
    low: Floats
    high: Floats
    beyond: Floats
    count: Floats

    @classmethod
    def fresh(cls, n: int, settings: Settings) -> Self:
        narrowing = 1.0 - math.exp(-settings.step / (NARROWING_DAYS * settings.day))
        fading = math.exp(-settings.step / (PATIENCE_DAYS * settings.day))
        return cls(narrowing, fading, np.full(n, np.inf), np.full(n, -np.inf), np.zeros(n), np.zeros(n))

    def held(self, values: Floats) -> Floats:
        """What may be learnt from the values (n,) of the next step, NaN = missing; so does the range."""
        seen = np.isfinite(values)
        low, high = self.reach()
        wild = seen & ((values < low) | (values > high))
        self.beyond = self.beyond * self.fading + wild
        stays = wild & (self.beyond > PATIENCE)
        self.beyond = np.where(stays, 0.0, self.beyond)
        held = np.where(wild & ~stays, np.clip(values, low, high), values)
        learnt = np.where(wild & ~stays, np.nan, values)
        self._learn(learnt, seen)
        return held

    def reach(self) -> tuple[Floats, Floats]:
        """The lowest and the highest that may be learnt (n,): infinite where too little is known."""
        known = (self.count >= YOUNG) & (self._size() > 0)
        size = np.where(known, self._size(), 0.0)
        low, high = (np.where(known, edge, 0.0) for edge in (self.low, self.high))
        most = np.where(known, REACH * size, np.inf)
        return low - most, high + most

    def width(self) -> Floats:
        """The width of the range (n,), 0 before the first value."""
        known = self.count > 0
        low, high = (np.where(known, edge, 0.0) for edge in (self.low, self.high))
        return high - low

    def within(self, values: Floats) -> Floats:
        """`values` (…, n) held to the range and once its width beyond."""
        width = self.width()
        within: Floats = np.minimum(np.maximum(values, self.low - width), self.high + width)
        return within

    def _size(self) -> Floats:
        """What counts as the size of a range (n,): that of a series that hardly moves is its magnitude."""
        known = self.count > 0
        low, high = (np.where(known, edge, 0.0) for edge in (self.low, self.high))
        size: Floats = np.maximum(high - low, np.maximum(np.abs(low), np.abs(high)))
        return size

    def _learn(self, values: Floats, seen: NDArray[np.bool_]) -> None:
        closer = np.where(seen, self.narrowing * self.width(), 0.0)
        self.count += seen
        self.low = np.fmin(self.low + closer, values)
        self.high = np.fmax(self.high - closer, values)
