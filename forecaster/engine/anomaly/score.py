"""The anomaly score: the strongest of its members' verdicts, above 1 when something anomalous begins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from forecaster.engine.anomaly.displacement import Displacement
from forecaster.engine.anomaly.habit import Habit
from forecaster.engine.anomaly.habituation import Habituation
from forecaster.engine.anomaly.onset import Onset, Present
from forecaster.engine.anomaly.residual import Residual
from forecaster.engine.anomaly.roughness import Roughness
from forecaster.engine.anomaly.shape import Shape
from forecaster.engine.anomaly.timing import Sampling, Timing
from forecaster.engine.anomaly.verdict import SIGNS, Verdict
from forecaster.engine.state import SeriesState

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

CUT_RESIDUAL, CUT_SHAPE, CUT_ROUGHNESS = 3.8, 1.65, 3.06
"""What each member says at its alarm limit: together about 0.4 false alarms per series-week of the planted
suite. A sensitivity of 1.15 leaves three fifths of that, 1.3 two fifths; 0.85 nearly doubles it.
"""
DISPLACED = 5.0
"""Mean absolute deviations of displacement that weigh as much as an alarm's residual."""
WARM_HOURS, WARM_SAMPLES = 6.0, 12.0
"""Time, and at least so many samples, until a series is judged without extra caution."""
UNJUDGED = 3
"""First samples that say nothing at all."""
LARGEST_HOURS = 28 * 24.0
"""How long the largest magnitude, of which every member's floor is a share, takes to fade to 37 %."""
LARGEST = 1e18
"""Magnitudes beyond this many units are held there: squares must stay a number in single precision."""


@dataclass
class Unit(SeriesState):
    """A scale of their own for each series, so that neither 1e-300 nor 1e300 leaves the range of floats.

    Attributes, (n,): size, the first magnitude above zero, 0 before; largest of late, in those units; samples
    seen.
    """

    fading: float
    size: Floats
    largest: Floats
    samples: Floats

    @classmethod
    def fresh(cls, n: int, timing: Timing) -> Self:
        return cls(1 - timing.rate(LARGEST_HOURS), np.zeros(n), np.zeros(n), np.zeros(n))

    def learn(self, values: Floats, seen: NDArray[np.bool_]) -> Floats:
        """`values` (n,) in the series' units, 0 where not `seen`."""
        plain = np.where(seen, values, 0.0)
        self.size = np.where(self.size > 0, self.size, np.abs(plain))
        scaled = self._scaled(plain)
        self.largest = np.maximum(self.fading * self.largest, np.abs(scaled))
        self.samples += seen
        return scaled

    def of(self, values: Floats, otherwise: Floats) -> Floats:
        """Other `values` (n,) of the series in its units, `otherwise` where they are not finite."""
        known = np.isfinite(values)
        return np.where(known, self._scaled(np.where(known, values, 0.0)), otherwise)

    def _scaled(self, values: Floats) -> Floats:
        with np.errstate(over="ignore"):
            scaled = values / np.where(self.size > 0, self.size, 1.0)
        return np.clip(scaled, -LARGEST, LARGEST)

    @property
    def magnitude(self) -> Floats:
        """The largest magnitude of late, (n,), 1 while all were zero."""
        return np.where(self.largest > 0, self.largest, 1.0)


@dataclass
class AnomalyScore(SeriesState):
    """One number per series and step: above 1, an anomaly begins or grows; exactly 1, it goes on; below, how
    far off the series is, from 0 (as expected) towards 1 (far); NaN where the sample is missing.
    """

    timing: Timing
    unit: Unit
    residual: Residual
    shape: Shape
    roughness: Roughness
    displacement: Displacement
    habit: Habit
    habituation: Habituation
    onset: Onset
    verdict: Verdict

    @classmethod
    def fresh(cls, n_series: int, settings: Sampling) -> Self:
        """`settings` gives `step` and `day` in seconds."""
        n, timing = n_series, Timing.of(settings)
        return cls(
            timing,
            Unit.fresh(n, timing),
            Residual.fresh(n, timing),
            Shape.fresh(n, timing),
            Roughness.fresh(n, timing),
            Displacement.fresh(n, timing),
            Habit.fresh(n, timing),
            Habituation.fresh(n, timing),
            Onset.fresh(n, timing),
            Verdict(*(np.zeros(n) for _ in SIGNS)),
        )

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
        seen = np.isfinite(values)
        learnt = self.unit.learn(held, seen)
        scaled = self.unit.of(values, np.zeros(len(values)))
        self._judge((scaled, learnt), seen, timestamp, sensitivity)
        strength = np.where(seen, self.verdict.strength, 0.0)
        origin = self.unit.of(expected, scaled - self.residual.jump)
        jump = np.where(self.verdict.residual > 1, scaled - origin, 0.0)
        usual = self.usual
        off = deviations(values, expected, min_deviation)
        off = np.where(jump == 0, np.fmax(off, deviations(values, usual, min_deviation)), off)
        new, still = self.habituation.judge(strength, self.habit.recall(timestamp), off >= 1, scaled, jump)
        self.habit.learn(strength)
        normal = np.where((jump == 0) & np.isfinite(usual), usual, origin * self.unit.size)
        self.onset.observe(seen, (new, still), Present(self.verdict.signs, normal), timestamp)
        score = np.where(new, strength, np.where(still, 1.0, np.minimum(self.verdict.severity, off)))
        return np.where(seen, score, np.nan)

    def _judge(
        self,
        values: tuple[Floats, Floats],
        seen: NDArray[np.bool_],
        timestamp: int,
        sensitivity: Floats | float,
    ) -> None:
        """Ask every member about the values, and as much of them as may be learnt, in the series' units."""
        scaled, learnt = values
        magnitude = self.unit.magnitude
        needed = max(self.timing.steps(WARM_HOURS), WARM_SAMPLES)
        confidence = np.clip((self.unit.samples - UNJUDGED) / needed, 0.0, 1.0)
        known = learnt, seen, magnitude, 1 - confidence
        trust = confidence / sensitivity
        self.verdict = Verdict(
            residual=trust / CUT_RESIDUAL * self.residual.observe(scaled, *known),
            shape=trust / CUT_SHAPE * self.shape.observe(*known, timestamp),
            roughness=trust / CUT_ROUGHNESS * self.roughness.observe(*known, timestamp),
            displacement=confidence / DISPLACED * self.displacement.observe(learnt, seen, magnitude),
        )

    @property
    def usual(self) -> Floats:
        """The median of this hour over the last week, in the values' unit: (n,), NaN = not known."""
        return self.shape.usual * self.unit.size


def deviations(values: Floats, expected: Floats, least: Floats | float) -> Floats:
    """|values - expected| (n,) in units of the `least` that matters: inf where anything does, or nothing is
    expected.
    """
    off = np.abs(values - expected)
    matters = np.isfinite(off) & (np.asarray(least) > 0)
    with np.errstate(over="ignore"):
        ratio: Floats = np.where(matters, off, np.inf) / np.where(matters, least, 1.0)
    return ratio
