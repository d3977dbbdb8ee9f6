"""Seeded levels that fill up day by day, as disks do: workdays, changes of pace, weekly clean-ups."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

CHANGES = 0.01  # of the days bring another pace
CLEANED = 0.25  # of the series are cleaned up once a week


def daily_fills(seed: int, series: int, days: int = 393) -> Floats:
    """Levels (days, series), as shares; they go on beyond 1."""
    rng = np.random.default_rng(seed)
    pace, start = rng.uniform(0.001, 0.015, series), rng.uniform(0.2, 0.6, series)
    workday = np.arange(days)[:, None] % 7 < 5
    written = pace * np.where(workday, 1.3, 0.25) * rng.gamma(2, 0.5, (days, series))
    changes = rng.random((days, series)) < CHANGES
    regime = np.cumprod(np.where(changes, rng.lognormal(0, 0.4, (days, series)), 1.0), axis=0)
    level = start + np.cumsum(written * regime, axis=0)
    cleaned = rng.random(series) < CLEANED
    sundays = np.arange(days)[:, None] % 7 == 6
    level[:, cleaned] -= 0.6 * np.cumsum(np.where(sundays, 7 * pace[cleaned], 0.0), axis=0)
    return level


def reached(level: Floats, seen: int, limit: float) -> Floats:
    """Days after the first `seen` until each series reaches the limit (series,); inf = never."""
    later = level[seen:] >= limit
    return np.where(later.any(axis=0), later.argmax(axis=0) + 1.0, np.inf)
