"""Looking ahead along straight lines: the probability that a limit is reached within horizons, and the times
when shares of their kind reach it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from forecaster.engine.exhaustion import kernel
from forecaster.engine.exhaustion.passage import passing_distance, tail_and_loss
from forecaster.engine.order_statistics import normal_quantiles

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.engine.exhaustion.recent import RecentValues
    from forecaster.engine.exhaustion.time_scale import TimeScale

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]
    Rows = NDArray[np.intp]

# Neighbouring samples are alike, so the level wanders with part of the noise.
_EARLY, _LEVEL_SPREAD = 1.15, 0.7
_STAYS, _WANDERS = 0.5, 0.5  # of the squared error an hour ahead: the slope's own, what comes anew each hour
_LEVEL_ERROR = math.sqrt(1 + 1 / 60)  # of a level that is the median of an hour's samples


class Trend(NamedTuple):
    """A slope (n,) per step of `step` seconds, NaN = none; its standard deviation as a share of it; seconds
    it was seen for.
    """

    slope: Floats
    error: Floats
    step: int
    age: float


@dataclass(frozen=True)
class Line:
    """A straight view, (n,) each; slope in units per second, 0 where there is no trend."""

    level: Floats
    slope: Floats
    noise: Floats  # standard deviation of one sample
    jitter: Floats  # the part of it that comes anew with each sample
    scatter: Floats  # standard deviation of the whole last hour about the line
    slope_error: Floats  # standard deviation of the slope as a share of it
    usable: Flags
    age: float  # seconds the trend was seen for; inf for a level

    def log_survival(self, limit: Floats, ends: Floats, scale: TimeScale, wider: float) -> Floats:
        """Log P(still below `limit` (n,)) at the ascending times `ends`: (len(ends), n); noise counts `wider`
        times.
        """
        out = np.empty((len(ends), len(limit)))
        gap, usable = limit - self.level, self.usable.view(np.uint8)
        wider *= _LEVEL_ERROR
        kernel.log_survival(gap, self.slope, self.noise, usable, ends, scale.grain, wider, self.age, out)
        return out

    def seconds(self, limit: Floats, quantiles: tuple[float, ...], scale: TimeScale) -> Floats:
        """When a share of its kind has reached the limit (n_quantiles, n); inf where there is no rise.

        Half of the lines like this one have passed once their noise, not only their level, meets the limit.
        An uncertain level errs by a span of time, an uncertain slope by a factor; no time left is below 0.
        """
        rising = self.usable & (self.slope > 0)
        slope = np.where(rising, self.slope, 1.0)
        jitter = np.where(rising, self.jitter, 1.0)
        early = _EARLY * passing_distance(0.5, slope, jitter, scale.grain) * jitter
        middle = (limit - np.where(rising, self.level, limit) - early) / slope
        left = np.maximum(middle, 0.0)
        share = self.slope_error * np.sqrt(_STAYS + _WANDERS / np.maximum(left / scale.hour, 0.05))
        span = _LEVEL_SPREAD * jitter / slope
        spread = np.hypot(span, share * left)
        positive = 1.0 - tail_and_loss(middle / spread)[0]
        out = np.empty((len(quantiles), len(limit)))
        for row, q in enumerate(quantiles):
            z = normal_quantiles(np.maximum((1.0 - q) * positive, 1e-12))
            off = np.hypot(span * z, left * np.expm1(-share * z))
            out[row] = np.where(rising, np.maximum(middle - np.sign(z) * off, 0.0), np.inf)
        return out


def straight(
    recent: RecentValues, rows: Rows, tick: int, trend: Trend, *, floor: Floats, wanders: Flags
) -> Line:
    """The line through the last hour of the series at `rows` with their trend, through the latest values
    where a series `wanders`; noise is at least `floor`: (len(rows),) each, as those of the line.
    """
    ages, steps = recent.ages(tick), len(recent.values)
    parts, usable = np.empty((4, len(rows))), np.empty(len(rows), np.uint8)
    kernel.straight(
        recent.values,
        rows,
        ages,
        trend.slope,
        floor,
        wanders.view(np.uint8),
        parts,
        usable,
        np.empty(2 * steps),
    )
    level, noise, jitter, scatter = parts
    slope = np.where(np.isfinite(trend.slope), trend.slope / trend.step, 0.0)
    return Line(level, slope, noise, jitter, scatter, trend.error, usable > 0, trend.age)
