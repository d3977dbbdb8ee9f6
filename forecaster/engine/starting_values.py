"""Starting level, trend and season by classical decomposition, batched over series.

The scheme is the "heuristic" initialisation of Hyndman, Koehler, Ord and Snyder (Forecasting with Exponential
Smoothing, 2008, section 2.6.1), the one statsmodels uses: a centred moving average over the first seasons,
the mean deviation of each phase from it, and a straight line through the average's first ten values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SEASONS = 5  # at most this many seasons are averaged
_LINE = 10  # values of the moving average that give level and trend


def _rolling(values: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    """Sums over `width` rows, starting at each row that has them."""
    total = np.concatenate((np.zeros_like(values[:1]), np.cumsum(values, axis=0)))
    return total[width:] - total[:-width]


def _centred_average(
    values: NDArray[np.float64], seen: NDArray[np.float64], season: int
) -> NDArray[np.float64]:
    """The (2x)season moving average (rows from season // 2 on), NaN where under half of a season was seen."""
    sums, counts = _rolling(values, season), _rolling(seen, season)
    if season % 2 == 0:  # two averages half a step apart make a centred one
        sums, counts = sums[1:] + sums[:-1], counts[1:] + counts[:-1]
        enough = counts >= season
    else:
        enough = counts >= season / 2
    return np.where(enough, sums / np.maximum(counts, 1.0), np.nan)


def _line(average: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Intercept and slope of the first rows on x = 1, 2, …; the mean and 0 where rows are missing."""
    head = average[:_LINE]
    if len(head) > 1:
        x = np.arange(1.0, len(head) + 1.0)
        weights = (x - x.mean()) / np.sum((x - x.mean()) ** 2)
        slope, centre = np.zeros_like(head[0]), np.zeros_like(head[0])
        for weight, row in zip(weights, head, strict=True):  # in this order whatever the batch: exact replays
            slope += weight * row
            centre += row / len(head)
        level = centre - slope * x.mean()
        if np.isfinite(slope).all():
            return level, slope
    else:
        level = slope = np.full_like(average[0], np.nan)
    found = np.isfinite(average)
    total, count = np.zeros_like(average[0]), np.zeros_like(average[0])
    for row, ok in zip(average, found, strict=True):
        total += np.where(ok, row, 0.0)
        count += ok
    whole = np.isfinite(slope)
    return np.where(whole, level, total / np.maximum(count, 1.0)), np.where(whole, slope, 0.0)


def starting_values(
    values: NDArray[np.float64], season: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Level (n,), trend per step (n,) and season (season, n) to start the filter with.

    `values` is (n_steps, n_series) of moderate size (|value| up to about 1e100), NaN = missing; `season` in
    steps, 1 for none. Needs two seasons of steps.
    """
    if season < 2:
        level, trend = _line(values)
        return level, trend, np.zeros((1, values.shape[1]))
    cycles = min(_SEASONS, len(values) // season)
    used = values[: cycles * season]
    seen = np.isfinite(used).astype(np.float64)
    average = _centred_average(np.where(seen > 0, used, 0.0), seen, season)
    level, trend = _line(average)
    deviation = np.full_like(used, np.nan)
    deviation[season // 2 : season // 2 + len(average)] = (
        used[season // 2 : season // 2 + len(average)] - average
    )
    total, count = np.zeros((season, used.shape[1])), np.zeros((season, used.shape[1]))
    for cycle in deviation.reshape(cycles, season, -1):
        total += np.where(np.isfinite(cycle), cycle, 0.0)
        count += np.isfinite(cycle)
    offsets = total / np.maximum(count, 1.0)
    mean = np.zeros_like(level)
    for row in offsets:
        mean += row / season
    return level, trend, offsets - mean
