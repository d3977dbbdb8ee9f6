"""Which way of looking ahead has been right of late: running errors of forecasts an hour ahead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from forecaster.engine.state import SeriesState

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_WILD = 4.0  # usual errors: one counts as at most this many times the usual one
_YOUNG = 8  # forecasts, until there is a usual one


@dataclass
class Skill(SeriesState):
    """Running means (n_views, n), over about a day, of absolute errors of block means foretold an hour
    before.

    >>> skill = Skill.fresh(1, views=2, ahead=1, memory=24)
    >>> for block in range(10):
    ...     skill.observe(block, np.array([float(block)]), np.array([[block], [block + 1.0]]))
    >>> skill.error[:, 0].tolist(), skill.least().tolist()  # the last value, and one more than it
    ([1.0, 0.0], [0.0])
    """

    memory: float  # blocks
    error: Floats
    usual: Floats  # the same, single wild ones left out
    last: Floats  # the latest errors, NaN = unknown
    count: Floats  # forecasts judged
    made: Floats  # (blocks of an hour, n_views, n) by the number of the block they are for

    @classmethod
    def fresh(cls, n: int, views: int, ahead: int, memory: float) -> Self:
        zero, none = np.zeros((views, n)), np.full((views, n), np.nan)
        return cls(memory, zero, zero, none, zero, np.full((ahead, views, n), np.nan))

    def least(self) -> Floats:
        """The usual error of the view that errs least (n,), inf = none has been judged."""
        least: Floats = np.where(self.count > 0, self.usual, np.inf).min(axis=0)
        return least

    def observe(self, block: int, mean: Floats, forecasts: Floats) -> None:
        """The mean (n,) of block `block` came in; `forecasts` (n_views, n; NaN = none) are for an hour
        later.
        """
        slot = block % len(self.made)
        self.last = np.abs(mean - self.made[slot])
        seen = np.isfinite(self.last)
        self.count = self.count + seen
        rate = np.where(seen, np.maximum(1.0 / np.maximum(self.count, 1.0), 1.0 / self.memory), 0.0)
        error = np.where(seen, self.last, 0.0)
        tame = np.where(self.count > _YOUNG, np.minimum(error, _WILD * self.usual), error)
        self.error = self.error + rate * (error - self.error)
        self.usual = self.usual + rate * (tame - self.usual)
        self.made[slot] = forecasts
