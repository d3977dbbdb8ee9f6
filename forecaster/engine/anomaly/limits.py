"""The alarm limits of the members, and the names of the signs they give."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIGNS = ("residual", "shape", "roughness", "displacement")
"""What an anomaly may show, in the order of every array of signs: the value is off; the last hours resemble
no past day; it varies more or less than it did; the last hours stand off the long-run level (no alarm of its
own).
"""
PRESENT = 0.9
"""Score from which an anomaly is present; above 1 it is new or grows."""


@dataclass(frozen=True)
class Limits:
    """What the members say at their alarm limits; tests/forecaster/bench/anomaly_choice.py chose them.

    rarity: the rarity of the residual, 1 = so unlikely that noise has it 0.45 times a week; fewer:
    nats more for each e-fold fewer samples than those of one a minute, because the far end of a tail is
    known less; residual, shape, roughness: sizes in units of the extremes of their own past.
    """

    rarity: float = 0.87
    fewer: float = 5.1
    residual: float = 3.8
    shape: float = 1.8
    roughness: float = 3.06

    def bars(self, fewer: float) -> NDArray[np.float64]:
        """The limits (4,) of rarity, jumps, shape and roughness; tails hold so many e-folds fewer samples
        than those of one a minute, in cuts (see residual.Pace).
        """
        rarity = self.rarity + self.fewer * fewer
        return np.array((rarity, self.residual, self.shape, self.roughness))


LIMITS = Limits()
