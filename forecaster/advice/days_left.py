"""When a level reaches its limit, in days: arrays in, arrays out.

The level of a day is the highest mean of an hour. Its changes from day to day are taken for a random walk
with a drift that differs by the day of the week; both are estimated from the series. The error of the level
in h days has two parts: the drift's grows with h, the walk's with the root of h.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.advice.growth import WEEK, growth

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Hours = NDArray[np.float32]

HOURS = 24  # of a day
LEAST = 7  # days whose level must be known
FARTHEST = 365  # days ahead that are looked at
QUANTILES = (0.1, 0.5, 0.9)
PACE = 2.0
"""How much larger the variance of the drift is than that of a mean: paces change. Chosen as `HALF_LIFE` is,
so that 80 % intervals hold 80 % of the dates 30 days ahead."""
Z = 1.2816  # of the normal distribution's 0.9 quantile


def levels(mean: Hours | Floats) -> Floats:
    """The levels of whole days (days, n) from the hours' means (k, n), the last day ending with the last
    hour; NaN = no hour known.
    """
    days = len(mean) // HOURS
    parts = mean[len(mean) - days * HOURS :].reshape(days, HOURS, mean.shape[1]).astype(float)
    found: Floats = np.where(np.isnan(parts), -np.inf, parts).max(axis=1, initial=-np.inf)
    return np.where(np.isinf(found), np.nan, found)


def days_left(level: Floats, limit: Floats) -> Floats:
    """Days until the limit (n,) is reached with probability 0.1, 0.5, 0.9: (3, n).

    NaN: too little is known. inf: not within a year. 0: it is reached.
    """
    last = latest(level)
    grows = growth(level)
    ahead = np.arange(1, FARTHEST + 1, dtype=float)[:, None]
    added = np.cumsum(grows.weekday[np.arange(FARTHEST) % WEEK], axis=0)
    middle = last + grows.mean * ahead + added
    width = Z * grows.spread * np.sqrt(ahead + PACE * ahead**2 / grows.effective)
    found = np.stack([_first(middle + sign * width, last, limit) for sign in (1, 0, -1)])
    found = np.where(last >= limit, 0.0, found)
    return np.where((grows.known + 1 >= LEAST) & np.isfinite(last) & np.isfinite(limit), found, np.nan)


def latest(level: Floats) -> Floats:
    """The last known level of each series."""
    if not len(level):
        return np.full(level.shape[1], np.nan)
    place = len(level) - 1 - np.isfinite(level[::-1]).argmax(axis=0)
    found: Floats = level[place, np.arange(level.shape[1])]
    return found


def _first(path: Floats, start: Floats, limit: Floats) -> Floats:
    """The day, with its fraction, on which each path (days, n) from `start` first reaches the limit."""
    reached = path >= limit
    day = reached.argmax(axis=0)
    columns = np.arange(path.shape[1])
    after = path[day, columns]
    before = np.where(day > 0, path[day - 1, columns], start)
    part = np.clip((limit - before) / np.where(after > before, after - before, 1.0), 0.0, 1.0)
    return np.where(reached.any(axis=0), day + part, np.inf)
