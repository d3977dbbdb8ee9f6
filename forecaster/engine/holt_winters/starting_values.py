"""Starting level, trend and season by classical decomposition, batched over series.

The scheme is the "heuristic" initialisation of Hyndman, Koehler, Ord and Snyder (Forecasting with Exponential
Smoothing, 2008, section 2.6.1), the one statsmodels uses: a centred moving average over the first seasons,
the mean deviation of each phase from it, and a straight line through the average's first ten values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.engine.holt_winters.piecework import OVERHEAD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from forecaster.engine.holt_winters.piecework import Pieces

    Floats = NDArray[np.float64]

_SEASONS = 5  # at most this many seasons are averaged
_LINE = 10  # values of the moving average that give level and trend


def _moving_sums(values: Floats, season: int) -> Iterator[tuple[int, Floats]]:
    """Row, and the sum (n,) of the season centred on it; of an even season the two outermost rows count
    half.
    """
    width = season + 1 - season % 2
    total = np.zeros(values.shape[1])
    for last, row in enumerate(values):  # row by row: what is summed stays in the processor's cache
        total += row
        first = last + 1 - width
        if first >= 0:
            ends = 0.0 if season % 2 else (values[first] + row) / 2
            yield first + width // 2, total - ends
            total -= values[first]


def _line(average: list[Floats]) -> tuple[Floats, Floats]:
    """Intercept and slope of the first rows on x = 1, 2, …; NaN where one is missing."""
    head = average[:_LINE]
    x = np.arange(1.0, len(head) + 1.0)
    weights = (x - x.mean()) / max(np.sum((x - x.mean()) ** 2), 1.0)
    slope, centre = np.zeros_like(head[0]), np.zeros_like(head[0])
    for weight, row in zip(weights, head, strict=True):  # in this order whatever the batch: exact replays
        slope += weight * row
        centre += row / len(head)
    return centre - slope * x.mean(), slope


def _level_and_trend(average: list[Floats]) -> tuple[Floats, Floats]:
    """Those of the line; where its rows are incomplete, the mean of all rows and no trend."""
    level, slope = _line(average)
    whole = np.isfinite(slope)
    if whole.all():
        return level, slope
    total, count = np.zeros_like(level), np.zeros_like(level)
    for row in average:
        found = np.isfinite(row)
        total += np.where(found, row, 0.0)
        count += found
    return np.where(whole, level, total / np.maximum(count, 1.0)), np.where(whole, slope, 0.0)


def starting_values(values: Floats, season: int) -> Pieces[tuple[Floats, Floats, Floats]]:
    """Level (n,), trend per step (n,) and season (season, n) to start the filter with.

    `values` is (n_steps, n_series) of moderate size (|value| up to about 1e100), NaN = missing; `season` in
    steps, 1 for none. Needs two seasons of steps.
    """
    n = values.shape[1]
    if season < 2:
        return *_level_and_trend(list(values)), np.zeros((1, n))
    used = values[: min(_SEASONS, len(values) // season) * season]
    seen = np.isfinite(used)
    gaps = not seen.all()
    filled = np.where(seen, used, 0.0) if gaps else used
    weights = _moving_sums(seen.astype(np.float64), season) if gaps else None
    average: list[Floats] = []
    total, count = np.zeros((season, n)), np.zeros((season, n))
    for row, sums in _moving_sums(filled, season):
        seen_by = next(weights)[1] if weights else np.full(n, float(season))
        mean = np.where(seen_by >= season / 2, sums / np.maximum(seen_by, 1.0), np.nan)
        deviation = used[row] - mean
        known = np.isfinite(deviation)
        total[row % season] += np.where(known, deviation, 0.0)
        count[row % season] += known
        if gaps or len(average) < _LINE:  # without gaps the line is all that is asked for
            average.append(mean)
        yield OVERHEAD + 4 * n  # in double precision
    total /= np.maximum(count, 1.0, out=count)
    centre = np.zeros(n)
    for offset in total:
        centre += offset / season
    total -= centre
    return *_level_and_trend(average), total
