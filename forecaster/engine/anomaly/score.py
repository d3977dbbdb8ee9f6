"""The anomaly score: the largest of its members' verdicts, each in units of its own alarm limit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from forecaster.engine.anomaly import residuals, roughness
from forecaster.engine.anomaly.clock import Clock, Sampling
from forecaster.engine.anomaly.residuals import Residuals
from forecaster.engine.anomaly.roughness import Roughness
from forecaster.engine.state import SeriesState

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.engine.anomaly.extremes import Extremes

    Floats = NDArray[np.float64]

CUT_RESIDUALS = 4.07
CUT_ROUGHNESS = 3.26
SENSITIVITY = 1.03
"""The one dial: the score is divided by it."""
WARM_HOURS, WARM_SAMPLES = 6.0, 12.0
"""Time, and at least so many samples, until a series is judged without extra caution."""
LARGEST = 1e36
"""Magnitudes beyond this many units are held there: their sixth power must stay a number."""


@dataclass
class Unit(SeriesState):
    """A scale of their own for each series, so that neither 1e-300 nor 1e300 leaves the range of floats.

    Attributes: size (n,) the first magnitude above zero, 0 before; largest (n,) in those units.
    """

    size: Floats
    largest: Floats
    samples: Floats

    def scaled(self, values: Floats, seen: NDArray[np.bool_]) -> Floats:
        """`values` (n,) in the series' units, 0 where not `seen`."""
        plain = np.where(seen, values, 0.0)
        self.size = np.where(self.size > 0, self.size, np.abs(plain))
        with np.errstate(over="ignore"):
            scaled = plain / np.where(self.size > 0, self.size, 1.0)
        scaled = np.clip(scaled, -LARGEST, LARGEST)
        self.largest = np.maximum(self.largest, np.abs(scaled))
        self.samples += seen
        return scaled


@dataclass
class AnomalyScore:
    """One number per series and step: above 1 is anomalous, 0 as expected, NaN where no sample is."""

    clock: Clock
    unit: Unit
    residuals: Residuals
    roughness: Roughness
    extremes: dict[str, Extremes]

    @classmethod
    def fresh(cls, n_series: int, settings: Sampling) -> Self:
        """`settings` gives `step` and `day` in seconds."""
        clock = Clock.of(settings)
        return cls(
            clock,
            Unit(np.zeros(n_series), np.zeros(n_series), np.zeros(n_series)),
            Residuals.fresh(n_series, clock),
            Roughness.fresh(n_series, clock),
            {
                "residuals": Residuals.memory(n_series, clock),
                "roughness": Roughness.memory(n_series, clock),
            },
        )

    def observe(self, values: Floats, expected: Floats, timestamp: int) -> Floats:  # noqa: ARG002 (for members to come)
        """Score of `values` (n,), NaN = missing, at `timestamp` (Unix seconds), from the past alone: (n,)."""
        seen = np.isfinite(values)
        scaled = self.unit.scaled(values, seen)
        magnitude = np.where(self.unit.largest > 0, self.unit.largest, 1.0)
        sizes = self.residuals.observe(scaled, seen, timestamp)
        swings = self.roughness.observe(scaled, seen, magnitude)
        confidence = self._confidence()
        youth = 1 - confidence
        far = (
            self.extremes["residuals"].observe(sizes, residuals.FLOOR * magnitude, seen, youth)
            / CUT_RESIDUALS
        )
        rough = self.extremes["roughness"].observe(swings, roughness.FLOOR, seen, youth) / CUT_ROUGHNESS
        score = np.maximum(far, rough) / SENSITIVITY * confidence
        return np.where(seen, score, np.nan)

    def _confidence(self) -> Floats:
        """Rises from 0 to 1 over the warm-up: the less is known, the larger an anomaly must be."""
        needed = max(WARM_HOURS * self.clock.day / 24 / self.clock.step, WARM_SAMPLES)
        return np.minimum(np.maximum(self.unit.samples - 3, 0) / needed, 1.0)

    def take(self, rows: NDArray[np.intp]) -> Self:
        """The scores of the series at `rows`, in that order; a copy."""
        parts = (self.unit.take(rows), self.residuals.take(rows), self.roughness.take(rows))
        return type(self)(self.clock, *parts, {k: v.take(rows) for k, v in self.extremes.items()})

    def join(self, other: Self) -> Self:
        """The series of this batch, followed by the other's."""
        parts = (
            self.unit.join(other.unit),
            self.residuals.join(other.residuals),
            self.roughness.join(other.roughness),
        )
        return type(self)(
            self.clock, *parts, {k: v.join(other.extremes[k]) for k, v in self.extremes.items()}
        )
