"""Sizes in units of the extremes of their own past: what is usual for one series is an alarm for another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from forecaster.engine.anomaly.kernels import extremes as kernel
from forecaster.engine.state import SeriesState

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@dataclass
class Extremes(SeriesState):
    """Mean powers of sizes over a short and a long memory, (n, k) each, and what these hold (n, 3).

    power: 4 or 6, of the means; rates: of a step of the short and the long memory; caution: how many sizes
    halve the doubt of a short past.

    >>> extremes = Extremes.fresh(1, 1, power=6, rates=(0.5, 0.1), caution=0.0)
    >>> for _ in range(50):
    ...     extremes.remember(np.full((1, 1, 1), 2.0**6))
    >>> ratio, known = np.zeros((1, 1)), np.ones((1, 1))
    >>> extremes.observe(np.full((1, 1, 1), 6.0), ratio[:0, None], 0.001, known, sure=known, ratio=ratio)
    >>> ratio[0].round(6).tolist()
    [3.0]
    """

    axis: ClassVar[int] = 0

    power: int
    rates: tuple[float, float]
    caution: float
    short: Floats
    long: Floats
    seen: Floats

    @classmethod
    def fresh(cls, n: int, sizes: int, power: int, rates: tuple[float, float], caution: float) -> Self:
        return cls(power, rates, caution, np.zeros((n, sizes)), np.zeros((n, sizes)), np.zeros((n, 3)))

    def observe(
        self, sizes: Floats, powers: Floats, share: float, of: Floats, *, sure: Floats, ratio: Floats
    ) -> None:
        """Write the `ratio` (steps, n): the largest of the sizes (steps, n, k) in units of its own past, or
        of a `share` `of` (steps, n) what is larger. After each step its powers of sizes are past, NaN = none:
        (steps, n, k), of no steps where nothing is learnt. See Units for `sure` (steps, n).
        """
        kernel.observe(
            sizes, powers, self.power, share, of, sure, self.caution, *self.rates, self.short, self.long,
            self.seen, ratio,
        )  # fmt: skip

    def remember(self, powers: Floats) -> None:
        """Take in powers of sizes (steps, n, k); NaN = none."""
        kernel.remember(powers, *self.rates, self.short, self.long, self.seen)
