"""The anomaly score: how unlikely the present is, and whether that is a new anomaly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from forecaster.engine.anomaly import kernel
from forecaster.engine.anomaly.limits import LIMITS
from forecaster.engine.anomaly.shape import lags_of, weekly
from forecaster.engine.anomaly.timing import Sampling, Timing
from forecaster.engine.state import SeriesState

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@dataclass
class AnomalyScore(SeriesState):
    """One number per series and step: above 1, an anomaly begins or grows; from 0.9 on, it goes on; below,
    how far off the series is, from 0 (as expected) up; NaN where the sample is missing.

    >>> from forecaster.engine.settings import Settings
    >>> score, unknown = AnomalyScore.fresh(1, Settings(step=300)), np.full(1, np.nan)
    >>> def told(step: int, value: float) -> float:
    ...     values = np.array([value])
    ...     return float(score.observe(values, values, unknown, 300 * step)[0])
    >>> usual = [told(step, 10.0 + 0.1 * (step % 5)) for step in range(600)]
    >>> max(usual) < 0.9, told(600, 14.0) > 1, 0.9 <= told(601, 14.0) < 1
    (True, True, True)

    Attributes, series first: numbers, tails and rings (n, …), the members' memories, about 8 kB a series
    (the kernel has their layout); said (n, 8) of the last step, see its properties.
    """

    axis: ClassVar[int] = 0

    timing: Timing
    numbers: Floats
    tails: NDArray[np.float32]
    rings: NDArray[np.float32]
    said: Floats

    @classmethod
    def fresh(cls, n: int, settings: Sampling) -> Self:
        """Series of which nothing has been seen."""
        timing = Timing.of(settings)
        lags = lags_of(timing)
        longest = int(lags[-1])
        numbers = np.zeros((n, kernel.doubles()))
        tails = np.zeros((n, kernel.masses()), np.float32)
        rings = np.zeros((n, kernel.singles(len(lags), longest, timing.blocks_per_day)), np.float32)
        said = np.full((n, 8), np.nan)
        said[:, 1:5] = 0.0
        kernel.start(numbers, tails, rings, longest)
        return cls(timing, numbers, tails, rings, said)

    def observe(
        self,
        values: Floats,
        held: Floats,
        expected: Floats,
        timestamp: int,
        *,
        sensitivity: Floats | float = 1.0,
        min_deviation: Floats | float = 0.0,
    ) -> Floats:
        """Score of `values` (n,), NaN = missing, at `timestamp` (Unix seconds), from the past alone: (n,).

        `held` (n,) is as much of them as may be learnt. `expected` (n,) is what the baseline said of them,
        NaN where it said nothing: where an anomaly of the value started from. `sensitivity`, one or (n,), is
        the dial: what a member has to say is divided by it. Nearer than `min_deviation`, one or (n,) in the
        values' unit, to what was expected, or for a changed shape to what is usual at this hour, no anomaly
        begins; one that goes on is not measured by it, because what is expected follows the values.
        """
        given = np.empty((5, len(values)))
        for row, part in enumerate((values, held, expected, min_deviation, sensitivity)):
            given[row] = part
        timing = self.timing
        kernel.observe(
            self.numbers,
            self.tails,
            self.rings,
            self.said,
            lags_of(timing),
            weekly(timing),
            LIMITS.array,
            timing.step,
            timing.day,
            timestamp,
            given,
        )
        return self.said[:, 0].copy()

    @property
    def signs(self) -> Floats:
        """The signs (4, n) in the order of SIGNS, 1 = alarm limit: of an anomaly its strongest ones."""
        return self.said[:, 1:5].T

    @property
    def began(self) -> Floats:
        """When the anomaly began that goes on, or began in the last hour: (n,) Unix seconds, NaN = none."""
        return self.said[:, 5]

    @property
    def origin(self) -> Floats:
        """What was normal when it began, in the values' unit: (n,), NaN = none."""
        return self.said[:, 6]

    @property
    def usual(self) -> Floats:
        """The median of this hour over the last week, in the values' unit: (n,), NaN = not known."""
        return self.said[:, 7]
