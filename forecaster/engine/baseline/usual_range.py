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

from forecaster.engine.baseline import kernel
from forecaster.engine.state import SeriesState

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.engine.settings import Settings

    Floats = NDArray[np.float64]

NARROWING_DAYS = 30.0
"""Time in which an end of the range that nothing comes near moves 63 % of the way to the other end: as long
as the longest horizon, so that what rises steadily has its forecasts within reach.
"""
PATIENCE_DAYS = 7.0
"""Time for which samples out of reach are remembered: what counts is the fourth in a row or, one a day, the
one of the fourth or fifth day.
"""


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
        held = np.empty(len(values))
        kernel.held(values, self.narrowing, self.fading, *self._range(), self.beyond, self.count, held)
        return held

    def floor(self) -> Floats:
        """The least standard deviation of errors (n,): a thousandth of the range."""
        floor = np.empty(len(self.count))
        kernel.floor(*self._range(), self.count, floor)
        return floor

    def for_kernel(self) -> kernel.Usual:
        """All of its state, as the kernel takes it."""
        return kernel.Usual(self.narrowing, self.fading, (*self._range(), self.beyond, self.count))

    def _range(self) -> tuple[Floats, Floats]:
        return self.low, self.high
