"""Which way of looking ahead has been right of late: running errors of forecasts an hour ahead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from forecaster.engine.exhaustion import foresight_kernel
from forecaster.engine.state import SeriesState

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Singles = NDArray[np.float32]


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
    scores: Singles  # (4, n_views, n) error, usual, last and count
    made: Singles  # (blocks of an hour, n_views, n) by the number of the block they are for

    @classmethod
    def fresh(cls, n: int, views: int, ahead: int, memory: float) -> Self:
        scores = np.zeros((4, views, n), np.float32)
        scores[2] = np.nan
        return cls(memory, scores, np.full((ahead, views, n), np.nan, np.float32))

    @property
    def error(self) -> Singles:
        """Mean absolute errors (n_views, n)."""
        error: Singles = self.scores[0]
        return error

    @property
    def usual(self) -> Singles:
        """The same, single wild ones left out."""
        usual: Singles = self.scores[1]
        return usual

    @property
    def count(self) -> Singles:
        """Forecasts judged (n_views, n)."""
        count: Singles = self.scores[3]
        return count

    def least(self) -> Floats:
        """The usual error of the view that errs least (n,), inf = none has been judged."""
        least: Floats = np.where(self.count > 0, self.usual, np.inf).min(axis=0).astype(np.float64)
        return least

    def observe(self, block: int, mean: Floats, forecasts: Floats) -> None:
        """The mean (n,) of block `block` came in; `forecasts` (n_views, n; NaN = none) are for an hour
        later.
        """
        forecasts = np.ascontiguousarray(forecasts, np.float64)
        foresight_kernel.judge(self.slot(block), self.memory, mean, forecasts, self.scores, self.made)

    def slot(self, block: int) -> int:
        """The row of what was made for a block."""
        return block % len(self.made)
