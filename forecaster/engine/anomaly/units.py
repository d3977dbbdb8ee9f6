"""Values in units of their series, so that no constant of the score depends on the values' own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, NamedTuple, Self

import numpy as np

from forecaster.engine.anomaly.kernels import units as kernel
from forecaster.engine.state import SeriesState

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.engine.anomaly.timing import Timing

    Floats = NDArray[np.float64]

FORGET_HOURS = 28 * 24
"""Memory of the largest magnitude: four weeks, so that a monthly peak is known."""
SURE_HOURS, SURE_SAMPLES = 6, 12
"""How long a series is doubted, and for how many samples at least."""


class Scaled(NamedTuple):
    """Steps in units of their series, (steps, n) each: values and as much of them as may be learnt, NaN =
    missing; the state of the units after each step.
    """

    values: Floats
    learnt: Floats
    unit: Floats
    largest: Floats
    seen: Floats
    sure: Floats


@dataclass
class Units(SeriesState):
    """Attributes, (n,): unit, the first magnitude above zero; in it largest, the largest magnitude of late;
    seen, samples; sure, from 0 of a new series to 1. `forgetting` is the rate of the largest magnitude,
    `warm` how many samples make a series known.
    """

    axis: ClassVar[int] = 0

    forgetting: float
    warm: float
    unit: Floats
    largest: Floats
    seen: Floats
    sure: Floats

    @classmethod
    def fresh(cls, n: int, timing: Timing) -> Self:
        warm = max(timing.steps(SURE_HOURS), SURE_SAMPLES)
        return cls(timing.rate(FORGET_HOURS), warm, *(np.zeros(n) for _ in range(4)))

    def observe(self, values: Floats, held: Floats) -> Scaled:
        """Steps of `values` (steps, n) and as much of them as may be learnt, `held`, in units."""
        scaled = np.empty((6, *values.shape))
        kernel.observe(
            values, held, self.forgetting, self.warm, self.unit, self.largest, self.seen, self.sure, scaled
        )
        return Scaled(*scaled)
