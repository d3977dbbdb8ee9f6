"""How large a value is against the extremes of its own past: the normaliser of every anomaly member.

A running p-norm, (mean of v^p)^(1/p) with p = 4 or 6, is ruled by the largest values it remembers: a series
that spikes every day has spikes as its normal size, and a quiet one does not. A share of a longer memory is
the least it falls to, so that a quiet weekend does not make Monday an anomaly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from forecaster.engine.state import SeriesState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

LONG_SHARE = 0.1
"""Share of the long memory's mean power that the short memory's cannot fall below."""


def blend(mean: Floats, weight: Floats, newest: Floats, gain: NDArray[np.floating]) -> None:
    """Let `newest` into a fading mean by `gain` (0 keeps it); mean / weight is unbiased at any age."""
    mean += gain * (newest - mean)
    weight += gain * (1 - weight)


def power_of(streams: Floats, power: int) -> Floats:
    """`streams` to the power of 4 or 6, without the cost of a general power."""
    square = streams * streams
    return square * square if power == 4 else square * square * square


@dataclass
class Extremes(SeriesState):
    """Mean powers of k streams over a short and a long memory.

    Attributes: short, long (k, n) fading means of v^p; seen_short, seen_long (n,) the weights collected;
    learned (n,) powers remembered so far. `caution` is how many of them it takes to halve the doubt of a
    short past.
    """

    power: int
    rates: tuple[float, float]
    short: Floats
    long: Floats
    seen_short: Floats
    seen_long: Floats
    learned: Floats
    caution: float = 0.0

    @classmethod
    def fresh(cls, streams: int, n: int, *, power: int, rates: Sequence[float], caution: float = 0.0) -> Self:
        """`rates` are the weights of the newest value in the short and the long memory."""
        short, long = rates
        means = np.zeros((streams, n)), np.zeros((streams, n))
        weights = np.zeros(n), np.zeros(n), np.zeros(n)
        return cls(power, (short, long), *means, *weights, caution)

    def largest_ratio(self, streams: Floats, floor: Floats | float, youth: Floats) -> Floats:
        """The largest of the streams (k, n), each in units of its own norm, never less than `floor`: (n,).

        A stream of a young series (`youth` falls from 1 to 0) has not met its own extremes yet and is held
        against those of the other streams as well.
        """
        norm = np.maximum(
            self.short / np.maximum(self.seen_short, 1e-12),
            LONG_SHARE * self.long / np.maximum(self.seen_long, 1e-12),
        )
        norm = np.maximum(norm, youth * norm.max(axis=0))
        least = np.maximum(power_of(np.asarray(floor), self.power), 1e-300)
        ratio = (power_of(streams, self.power) / np.maximum(norm, least)).max(axis=0)
        root: Floats = np.sqrt(np.sqrt(ratio) if self.power == 4 else np.cbrt(ratio))
        return root * self.learned / np.maximum(self.learned + self.caution, 1)

    def learn(self, powers: Floats, seen: NDArray[np.bool_]) -> None:
        """Remember powers (k, n) of the streams of the series `seen` (n,)."""
        short, long = self.rates
        self.learned += seen
        blend(self.short, self.seen_short, powers, short * seen)
        blend(self.long, self.seen_long, powers, long * seen)
