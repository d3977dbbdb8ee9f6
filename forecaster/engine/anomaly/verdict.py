"""What the members of the anomaly score say: the signs of an anomaly, side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from forecaster.engine.state import SeriesState

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

SIGNS = ("residual", "shape", "roughness", "displacement")
"""The members, in the order of every array of signs."""


@dataclass
class Verdict(SeriesState):
    """What each member says of the last sample, (n,) each, 1 = its alarm limit: the reasons behind a score.

    residual: the value jumped; shape: the last hours resemble no past day; roughness: it varies more or less
    than it did; displacement: the last hours stand off the long-run level (no alarm of its own).
    """

    residual: Floats
    shape: Floats
    roughness: Floats
    displacement: Floats

    @property
    def strength(self) -> Floats:
        """The strongest reason for an alarm, (n,)."""
        return np.maximum(np.maximum(self.residual, self.shape), self.roughness)

    @property
    def severity(self) -> Floats:
        """How far off the series is, alarm or not: (n,) in [0, 1)."""
        far = np.maximum(self.residual, self.displacement)
        ratio: Floats = far / (1 + far)
        return ratio

    @property
    def signs(self) -> Floats:
        """All of it, (4, n)."""
        return np.stack([getattr(self, name) for name in SIGNS])
