"""Seeded levels that fill up day by day, as disks do: workdays, changes of pace, weekly clean-ups."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

CHANGES = 0.01  # of the days bring another pace
CLEANED = 0.25  # of the series are cleaned up once a week
DAY_STEPS = 288  # of five minutes
START, FULL = 0.3, (42, 46, 50, 54, 58, 60)  # of disks that keep what was written: level at first; days


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


def written_fills(kb_s: NDArray[np.float32], limit: float) -> Floats:
    """Levels (days, cases) of disks that keep what VMs wrote, from their rates (VMs, steps of five minutes):
    each VM with disks of six sizes, which are full on six days of the second month. VMs that do not write
    daily are left out.
    """
    steps = np.nan_to_num(kb_s.astype(float)).reshape(len(kb_s), -1, DAY_STEPS)
    days = steps.sum(axis=2).T
    total = np.cumsum(days[:, (days > 0).mean(axis=0) > 0.9], axis=0)
    part = np.random.default_rng(0).random((len(FULL), total.shape[1]))
    sizes = [total[day - 1] + part[at] * (total[day] - total[day - 1]) for at, day in enumerate(FULL)]
    return np.concatenate([START + (limit - START) * total / size for size in sizes], axis=1)


def before_full(level: Floats, days: int, seen: int, limit: float) -> tuple[Floats, Floats]:
    """The levels (seen, cases) that are known `days` days before the one on which each series first reaches
    the limit, and in how many days, with their fraction, it does so. Those that reach it too soon are left
    out.
    """
    over = level >= limit
    day = np.where(over.any(axis=0), over.argmax(axis=0), 0)
    last = day - days
    columns = np.flatnonzero(last >= seen - 1)
    known = level[last[columns] + np.arange(1 - seen, 1)[:, None], columns]
    before, after = (level[day[columns] - back, columns] for back in (1, 0))
    return known, days - 1 + (limit - before) / (after - before)


def reached(level: Floats, seen: int, limit: float) -> Floats:
    """Days after the first `seen` until each series reaches the limit (series,); inf = never."""
    later = level[seen:] >= limit
    return np.where(later.any(axis=0), later.argmax(axis=0) + 1.0, np.inf)
