"""Ways of looking ahead: straight lines, and the path that the days before foresee.

Each gives the probability that a limit is reached within horizons, and the times when shares of its kind
reach it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from forecaster.engine.order_statistics import deviation, median, normal_quantile, normal_quantiles
from forecaster.engine.passage import hazard, passing_distance, tail_and_loss
from forecaster.engine.trend import newest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.engine.trend import RecentValues

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]
    Rows = NDArray[np.intp]

# Neighbouring samples are alike, so the level wanders with part of the noise.
_EARLY, _LEVEL_SPREAD = 1.15, 0.7
_STAYS, _WANDERS = 0.5, 0.5  # of the squared error an hour ahead: the slope's own, what comes anew each hour
_GROWS = 2.0  # hours ahead in which a path's error variance doubles
_ROUNDING = 0.15  # blocks
_HIGHEST = 1.5  # deviations of a sample, by which the highest ones of a block exceed its mean
_JUMP = 5.0  # deviations between the latest values and the hour's
_LEVEL_ERROR = np.sqrt(1 + 1 / 60)  # of a level that is the median of an hour's samples


class Clock(NamedTuple):
    """Seconds of an hour of the (possibly dilated) day, and between samples that are independent."""

    hour: float
    grain: float


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

    def log_survival(self, limit: Floats, ends: Floats, clock: Clock, wider: float) -> Floats:
        """Log P(still below `limit` (n,)) at the ascending times `ends`: (len(ends), n); noise counts `wider`
        times.
        """
        far = np.where(self.usable, limit - self.level, 0.0)
        slope = np.where(self.usable, self.slope, 0.0)
        noise = np.where(self.usable, self.noise * _LEVEL_ERROR, 1.0)
        passed = -np.expm1(-np.maximum.accumulate(hazard(far, slope, wider * noise, ends, clock.grain)))
        return np.where(self.usable, np.log1p(-np.minimum(passed * self._lasting(limit), 1 - 1e-12)), 0.0)

    def _lasting(self, limit: Floats) -> Floats:
        """P(the trend goes on until it meets `limit`) (n,): even when that takes as long as the trend was
        seen.
        """
        if not np.isfinite(self.age):
            return np.ones(len(limit))
        gap = np.where(self.usable, limit - self.level - 2 * self.noise, 0.0)
        ages = gap / np.where(self.usable, self.slope, 1.0) / self.age
        return 1.0 / (1.0 + np.clip(ages, 0.0, 1e6) ** 4)

    def seconds(self, limit: Floats, quantiles: tuple[float, ...], clock: Clock) -> Floats:
        """When a share of its kind has reached the limit (n_quantiles, n); inf where there is no rise.

        Half of the lines like this one have passed once their noise, not only their level, meets the limit.
        An uncertain level errs by a span of time, an uncertain slope by a factor; no time left is below 0.
        """
        rising = self.usable & (self.slope > 0)
        slope = np.where(rising, self.slope, 1.0)
        jitter = np.where(rising, self.jitter, 1.0)
        early = _EARLY * passing_distance(0.5, slope, jitter, clock.grain) * jitter
        middle = (limit - np.where(rising, self.level, limit) - early) / slope
        left = np.maximum(middle, 0.0)
        share = self.slope_error * np.sqrt(_STAYS + _WANDERS / np.maximum(left / clock.hour, 0.05))
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
    some = np.flatnonzero(np.isfinite(trend.slope))
    slope = trend.slope[some]
    ages = recent.ages(tick)
    now = recent.values[:, rows[some]] + slope * ages[:, None]
    level, third = median(now), now[ages < max(3, len(ages) // 3)]
    latest = median(third)
    least = np.maximum(floor[some], 1e-12 * np.abs(np.where(np.isfinite(level), level, 0.0)) + 1e-300)
    scatter = np.maximum(deviation(now, level), least)
    noise = np.fmin(scatter, np.maximum(2 * deviation(third, latest), least))
    jumped = np.abs(latest - level) > _JUMP * noise  # a restart, a step: what was before it counts no more
    level = np.where(jumped, latest, level)
    wandering = wanders[some]
    if wandering.any():
        tip = median(newest(now, ages))
        level = np.where(wandering & np.isfinite(tip), tip, level)
    usable = np.isfinite(level) & np.isfinite(noise) & ~(jumped & (slope > 0))

    def spread(values: Floats | Flags) -> Floats:
        everyone = np.zeros(len(floor))
        everyone[some] = values
        return everyone

    jitter = np.where(wandering, 1e-12 * np.abs(level) + 1e-300, noise)
    parts = (spread(level), spread(slope / trend.step), spread(noise), spread(jitter), spread(scatter))
    return Line(*parts, trend.error, spread(usable) > 0, trend.age)


@dataclass(frozen=True)
class Path:
    """The path foreseen by the days before; steps of `block` seconds, the first one's middle `first` seconds
    ahead.
    """

    level: Floats  # (n,) it starts from
    highest: Floats  # (k, n) running maximum of the increments along the path, one day long
    daily: Floats  # (n,) increment after a day
    noise: Floats  # (n,) standard deviation of what it misses
    jitter: Floats  # (n,) … of single samples about the path, which is one of means
    first: float
    block: float

    def log_survival(self, limit: Floats, ends: Floats, clock: Clock) -> Floats:
        """Log P(still below `limit` (n,)) at the ascending times `ends`: (len(ends), n)."""
        day = len(self.highest)
        out = np.empty((len(ends), len(limit)))
        for row, end in enumerate(ends):
            reached = int((end - self.first) // self.block) + 1  # blocks whose middle lies within the horizon
            top = self.highest[min(max(reached, 1), day) - 1]
            top = top + np.maximum(self.daily, 0.0) * max(reached / day - 1, 0.0)
            far = limit - self.level - top - _HIGHEST * self.jitter
            tail, _ = tail_and_loss(far / self.noise)
            out[row] = np.log1p(-np.minimum(tail, 1 - 1e-12)) * max(min(end, clock.hour) / self.block, 1.0)
        return np.minimum.accumulate(out, axis=0)

    def seconds(self, limit: Floats, quantiles: tuple[float, ...], clock: Clock) -> Floats:
        """When a share of its kind has reached the limit: (n_quantiles, n), inf where it stays below.

        Half have once the highest samples about the path do: what it misses goes either way.
        """
        near = limit - self.level - _HIGHEST * self.jitter
        middle = self._crossing(near)
        hours = np.where(np.isfinite(middle), np.maximum(middle, 0.0), 0.0) / clock.hour
        noise = self.noise * np.sqrt(1.0 + hours / _GROWS)
        z = np.array([[normal_quantile(q)] for q in quantiles])
        out = self._crossing(near + z * noise) + _ROUNDING * z * self.block
        return np.maximum(out, 0.0)

    def _crossing(self, need: Floats) -> Floats:
        """When the path first rises by `need` (…, n), inf = never."""
        day, columns = len(self.highest), np.arange(need.shape[-1])
        whole = sum((row < need for row in self.highest), np.zeros(need.shape, np.intp))
        above = self.highest[np.minimum(whole, day - 1), columns]
        below = np.where(whole > 0, self.highest[np.maximum(whole, 1) - 1, columns], 0.0)
        rising = self.daily > 0
        with np.errstate(over="ignore"):
            part = np.clip((need - below) / np.where(above > below, above - below, 1.0), 0.0, 1.0)
            days = (need - self.highest[-1]) / np.where(rising, self.daily, 1.0)
        later = np.where(rising, (1 + days) * day, np.inf)
        return self.first + np.where(whole < day, whole - 1 + part, later) * self.block
