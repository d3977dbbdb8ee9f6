"""When a series reaches its limit: extrapolated trends, each with its noise, as one first-passage
distribution.

A view says where the series will be k steps ahead: level + slope·k with normal noise. Reaching the limit
within a horizon is the complement of every sample on the way staying below it, so the probability cannot fall
as the horizon grows. Several views speak by their maximum (`combine`), the place where further views join.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from forecaster.engine.order_statistics import deviation, median, normal_cdf

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from forecaster.engine.settings import Settings
    from forecaster.engine.trend import RecentValues, TrendWindow

    Floats = NDArray[np.float64]

_POINTS = 6  # per stretch between two horizons
_LEAST_TAU = {0.25: 0.6, 1.0: 0.7}  # by the window's days: below it there is no trend
_SPREAD = {True: 2.0, False: 1.4}  # noise is widened by this factor: with a trend, without


@dataclass(frozen=True)
class View:
    """One extrapolation, (n,) each: where the series stands, its slope per step, its noise; `usable` or
    not.
    """

    level: Floats
    slope: Floats
    noise: Floats
    usable: NDArray[np.bool_]
    widening: float


def view(window: TrendWindow | None, recent: RecentValues, tick: int, floor: Floats) -> View:
    """The extrapolation of a window's trend, or of no trend at all; noise is at least `floor` (n,)."""
    n = recent.values.shape[1]
    if window is None:
        slope, usable = np.zeros(n), np.ones(n, dtype=bool)
    else:
        usable = (window.slope > 0) & (window.tau >= _LEAST_TAU[window.days])
        slope = np.where(usable, window.slope, 0.0)
    ages = recent.ages(tick)
    now = recent.values + slope * ages[:, None]
    level = median(now)
    newest = ages < max(3, len(ages) // 3)
    noise = np.fmin(deviation(now, level), 2 * deviation(now[newest], level))
    usable = usable & np.isfinite(level) & np.isfinite(noise)
    least = np.maximum(floor, 1e-12 * np.abs(np.nan_to_num(level)) + 1e-300)
    return View(level, slope, np.maximum(noise, least), usable, _SPREAD[window is not None])


def survival(view: View, limit: Floats, ends: NDArray[np.float64], settings: Settings) -> Floats:
    """Log P(still below the limit) at each of the ascending `ends` (seconds): (len(ends), n)."""
    grain = max(
        settings.step, settings.day / 1440
    )  # samples closer than a minute (of the day) are not independent
    scale = view.widening * view.noise * np.sqrt(1 + 1 / 60)
    starts = np.concatenate(([0.0], ends[:-1]))
    leads = starts[:, None] + (np.arange(_POINTS) + 0.5) / _POINTS * (ends - starts)[:, None]
    steps = leads.ravel() / settings.step
    z = ((view.level - limit) + view.slope * steps[:, None]) / scale
    below = np.log1p(-np.minimum(normal_cdf(z), 1 - 1e-12))
    draws = np.repeat((ends - starts) / grain / _POINTS, _POINTS)
    total = np.zeros(len(limit))
    out = np.empty((len(ends), len(limit)))
    for point, row in enumerate(below):
        total += draws[point] * row
        out[point // _POINTS] = total
    return out


def probability(views: Iterable[View], limit: Floats, settings: Settings) -> Floats:
    """P(limit reached within each horizon) (n_horizons, n) of the most alarmed view; 0 without a limit."""
    horizons = np.array(settings.horizons, dtype=np.float64)
    order = np.argsort(horizons, kind="stable")
    best = np.zeros((len(horizons), len(limit)))
    for each in views:
        usable = each.usable & np.isfinite(limit)
        logs = survival(each, np.where(usable, limit, 0.0), horizons[order], settings)
        best = np.maximum(best, np.where(usable, -np.expm1(logs), 0.0))
    out = np.empty_like(best)
    out[order] = best
    return out


def seconds_left(views: Iterable[View], limit: Floats, settings: Settings, deviations: float = 2.0) -> Floats:
    """Time until the trend, `deviations` of its noise above its level, meets the limit; inf where no trend
    does.
    """
    best = np.full(len(limit), np.inf)
    for each in views:
        rising = each.usable & (each.slope > 0) & np.isfinite(limit)
        gap = limit - each.level - deviations * each.noise
        steps = gap / np.where(rising, each.slope, 1.0)
        left = np.maximum(steps, 0.0) * settings.step + settings.day / 144
        best = np.where(rising, np.minimum(best, left), best)
    return best


def combine(views: Iterable[Floats]) -> Floats:
    """One probability (n_horizons, n) of several views' of equal shape."""
    each = list(views)
    largest = each[0]
    for other in each[1:]:
        largest = np.maximum(largest, other)
    return largest
