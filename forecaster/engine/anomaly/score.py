"""The anomaly score: how unlikely the present is, and whether that is a new anomaly."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from forecaster.engine.anomaly.displacement import Displacement
from forecaster.engine.anomaly.jumps import Jumps
from forecaster.engine.anomaly.limits import LIMITS, Limits
from forecaster.engine.anomaly.onset import Onset
from forecaster.engine.anomaly.residual import Residual
from forecaster.engine.anomaly.roughness import Roughness
from forecaster.engine.anomaly.shape import Shape
from forecaster.engine.anomaly.timing import Sampling, Timing
from forecaster.engine.anomaly.units import Units
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

    Attributes: `block`, the number of the running hour, None before any; the members, about 6 kB a series.
    """

    axis: ClassVar[int] = 0

    timing: Timing
    block: int | None
    units: Units
    residual: Residual
    jumps: Jumps
    shape: Shape
    roughness: Roughness
    displacement: Displacement
    onset: Onset

    @classmethod
    def fresh(cls, n: int, settings: Sampling, limits: Limits | None = None) -> Self:
        """Series of which nothing has been seen; with LIMITS unless given."""
        timing = Timing.of(settings)
        residual = Residual.fresh(n, timing)
        bars = (limits or LIMITS).bars(residual.pace.fewer)
        return cls(
            timing,
            None,
            Units.fresh(n, timing),
            residual,
            Jumps.fresh(n, timing),
            Shape.fresh(n, timing),
            Roughness.fresh(n, timing),
            Displacement.fresh(n, timing),
            Onset.fresh(n, timing, bars),
        )

    def join(self, other: Self) -> Self:
        """The series of both; the hour is that of the other one where this one has seen none."""
        joined = super().join(other)
        return replace(joined, block=other.block if self.block is None else self.block)

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
        """Score of `values` (n,), NaN = missing, at `timestamp` (Unix seconds), from the past alone: (n,)."""
        step = values[None], held[None], expected[None]
        score: Floats = self.read(*step, timestamp, sensitivity=sensitivity, min_deviation=min_deviation)[0]
        return score

    def read(
        self,
        values: Floats,
        held: Floats,
        expected: Floats,
        timestamp: int,
        *,
        sensitivity: Floats | float = 1.0,
        min_deviation: Floats | float = 0.0,
    ) -> Floats:
        """Scores (steps, n) of the `values` of the steps from `timestamp` (Unix seconds) on, NaN = missing,
        each from its past alone.

        `held` (steps, n) is as much of them as may be learnt. `expected` (steps, n) is what the baseline said
        of them, NaN where it said nothing: where an anomaly of the value started from. `sensitivity`, one or
        (n,), is the dial: what a member has to say is divided by it. Nearer than `min_deviation`, one or (n,)
        in the values' unit, to what was expected, or for a changed shape to what is usual at this hour, no
        anomaly begins; one that goes on is not measured by it, because what is expected follows the values.
        """
        given = np.empty((4, *values.shape))
        given[0], given[1], given[2], given[3] = values, expected, min_deviation, sensitivity
        step, block_of, steps = self.timing.step, self.timing.block_of, len(values)
        if block_of(timestamp) == block_of(timestamp + (steps - 1) * step):
            return self._read(given, held, timestamp)
        blocks = [block_of(timestamp + t * step) for t in range(steps)]
        ends = [t for t in range(1, steps) if blocks[t] != blocks[t - 1]]
        scores = np.empty(values.shape)
        for first, last in pairwise((0, *ends, steps)):
            its = np.ascontiguousarray(given[:, first:last])
            scores[first:last] = self._read(its, held[first:last], timestamp + first * step)
        return scores

    def _read(self, given: Floats, held: Floats, timestamp: int) -> Floats:
        """Scores (steps, n) of steps of one hour; one member goes ahead of the next one through all of them.

        `given` (4, steps, n): values, what was expected, the least deviation, the sensitivity.
        """
        self._turn(timestamp)
        scaled, ratios = self.units.observe(given[0], held), np.empty((5, *held.shape))
        self.residual.observe(scaled, timestamp, ratios[0])
        jump = self.jumps.observe(scaled, ratios[1])
        ratios[2] = self.shape.ratio
        self.shape.observe(scaled.learnt)
        self.roughness.observe(scaled, ratios[3])
        self.displacement.observe(scaled, ratios[4])
        usual = self.shape.usual
        return self.onset.observe(given, scaled, ratios, jump=jump, usual=usual, timestamp=timestamp)

    def _turn(self, timestamp: int) -> None:
        """At the end of an hour its means become memory."""
        block = self.timing.block_of(timestamp)
        if self.block is not None and self.block != block:
            self.shape.turn(self.block, block, self.units)
            self.roughness.turn(self.block)
            self.onset.turn(self.block, block)
        self.block = block

    @property
    def signs(self) -> Floats:
        """The signs (4, n) in the order of SIGNS, 1 = alarm limit: of an anomaly its strongest ones."""
        return self.onset.said[:, 1:5].T

    @property
    def began(self) -> Floats:
        """When the anomaly began that goes on, or began in the last hour: (n,) Unix seconds, NaN = none."""
        return self.onset.said[:, 5]

    @property
    def origin(self) -> Floats:
        """What was normal when it began, in the values' unit: (n,), NaN = none."""
        return self.onset.said[:, 6]

    @property
    def usual(self) -> Floats:
        """The median of this hour over the last week, in the values' unit: (n,), NaN = not known."""
        return self.shape.usual * self.units.unit
