"""How large a value is against the extremes of its own past: the normaliser of every anomaly member.

A running p-norm, (mean of v^p)^(1/p) with p = 4 or 6, is ruled by the largest values it remembers: a series
that spikes every day has spikes as its normal size, and a quiet one does not. The floor from a longer memory
keeps a quiet weekend from making Monday an anomaly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from forecaster.engine.state import SeriesState

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.engine.anomaly.clock import Clock

    Floats = NDArray[np.float64]

LONG_SHARE = 0.1
"""Share of the long memory's mean power below which the short memory's cannot fall."""


def blend(mean: Floats, weight: Floats, newest: Floats, gain: NDArray[np.floating]) -> None:
    """Let `newest` into a fading mean by `gain` (0 keeps it); mean / weight is unbiased at any age."""
    mean += gain * (newest - mean)
    weight += gain * (1 - weight)


@dataclass
class Extremes(SeriesState):
    """Mean powers of k streams over two memories; `seen` arrays correct the means of a short past.

    Attributes:
        short, long: mean of v^p, (k, n).
        seen_short, seen_long: weight collected so far, (n,), in [0, 1].
    """

    power: int
    rate_short: float
    rate_long: float
    short: Floats
    long: Floats
    seen_short: Floats
    seen_long: Floats

    @classmethod
    def fresh(cls, streams: int, n: int, clock: Clock, *, power: int, days: tuple[float, float]) -> Self:
        short, long = (clock.rate(24 * d) for d in days)
        none = np.zeros((streams, n))
        return cls(power, short, long, none, none.copy(), np.zeros(n), np.zeros(n))

    def observe(
        self, streams: Floats, floor: Floats | float, seen: NDArray[np.bool_], youth: Floats
    ) -> Floats:
        """The largest of the streams (k, n) in units of its own past norm, (n,); then remember them.

        `floor` is the smallest norm; a series not `seen` (n,) keeps its memory. A stream of a young series (`youth`
        from 1 to 0) has not met its own extremes yet and is held against its fellows' as well.
        """
        powers = streams**2 if self.power == 4 else streams**2 * streams
        powers = powers**2
        norm = np.maximum(
            self.short / np.maximum(self.seen_short, 1e-12),
            LONG_SHARE * self.long / np.maximum(self.seen_long, 1e-12),
        )
        norm = np.maximum(norm, youth * norm.max(axis=0))
        ratio = (powers / np.maximum(norm, floor**self.power)).max(axis=0)
        blend(self.short, self.seen_short, powers, self.rate_short * seen)
        blend(self.long, self.seen_long, powers, self.rate_long * seen)
        root: Floats = ratio ** (1 / self.power)
        return root
