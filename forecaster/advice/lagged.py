"""Which series move together, and how much later: arrays in, arrays out.

Of each series the usual hour of the day and of the week is taken away: that all are busy at nine is no tie
between two of them. What remains is compared at each lag, in both halves of the past: what one burst did
once is left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Hours = NDArray[np.float32]

FARTHEST = 6  # hours by which one may follow another
LEAST = 14 * 24  # hours that must be known of both
TOGETHER = 0.7
"""Correlation from which on two series move together: half of what each does beyond its season is the
other's."""
BORNE_BY = 30.0
"""Hours that must bear the correlation, by their shares of it (1 / sum of squares). Two jobs that run in the
same five hours of each week have less: of 20 seeded fleets of independent VMs, one such pair had 0.75."""
IN_HALVES = 0.5  # the same in each half of the past
MOST = 1_000
"""Pairs that are looked at, the closest: .1 ms of CPU time each. 400 servers behind a load balancer have
80,000."""
CLIPPED = 4.0  # standard deviations: one spike in both is no tie


class Tie(NamedTuple):
    """Series `follower` does what `leader` did `lag` hours before; 0: at the same time."""

    leader: int
    follower: int
    lag: int
    correlation: float


def ties(hours: Hours, day: int = 24) -> list[Tie]:
    """The pairs among series (k, n) of hourly means, the closest first; each pair once, at its best lag; MOST
    at most.
    """
    rest = residuals(hours, day)
    count = rest.shape[1]
    if count < 2:
        return []
    lags = range(min(FARTHEST, max(0, len(rest) // 4)) + 1)
    found = np.stack([_correlations(rest, lag) for lag in lags])  # [lag, leader, follower]
    best = found.argmax(axis=0)
    top = np.take_along_axis(found, best[None], axis=0)[0]
    once = (top > top.T) | ((top == top.T) & np.triu(np.ones_like(top, bool), 1))
    close = np.argwhere((top >= TOGETHER) & once)
    closest = close[np.argsort(-top[tuple(close.T)], kind="stable")[:MOST]]
    told = (
        Tie(int(leader), int(follower), int(best[leader, follower]), float(top[leader, follower]))
        for leader, follower in closest
    )
    return [tie for tie in told if _holds(rest[:, [tie.leader, tie.follower]], tie.lag)]


def _holds(pair: Floats, lag: int) -> bool:
    """Whether both halves of the past have the tie, and enough hours bear it."""
    half = len(pair) // 2
    halves = (_correlations(part, lag)[0, 1] for part in (pair[:half], pair[half:]))
    return all(each >= IN_HALVES for each in halves) and _borne_by(pair, lag) >= BORNE_BY


def residuals(hours: Hours, day: int = 24) -> Floats:
    """What the hour of the week does not explain, in standard deviations; 0 where nothing is known, and of
    series of which too little is.
    """
    values = hours.astype(float)
    week = 7 * day
    for season in (day, week) if len(values) >= 2 * week else (day,):
        values = values - _profile(values, season)
    known = np.isfinite(values)
    count = np.maximum(known.sum(axis=0), 1)
    spread = np.sqrt(np.nansum(values**2, axis=0) / count)
    enough = (known.sum(axis=0) >= min(LEAST, 14 * day)) & (spread > 0)
    scaled = np.clip(values / np.where(enough, spread, 1.0), -CLIPPED, CLIPPED)
    found: Floats = np.where(known & enough, scaled, 0.0)
    return found


def _profile(values: Floats, season: int) -> Floats:
    """The median of each place in the season (k, n): a burst is no season."""
    found = np.zeros_like(values)
    for place in range(min(season, len(values))):
        rows = values[place::season]
        some = np.isfinite(rows).any(axis=0)
        found[place::season] = np.where(some, np.nanmedian(np.where(some, rows, 0.0), axis=0), 0.0)
    return found


def _correlations(rest: Floats, lag: int) -> Floats:
    """Of each series (rows) with each other one (columns) `lag` hours later."""
    first, second = rest[: len(rest) - lag], rest[lag:]
    first, second = first - first.mean(axis=0), second - second.mean(axis=0)
    scale = np.sqrt(np.outer((first**2).sum(axis=0), (second**2).sum(axis=0)))
    found: Floats = (first.T @ second) / np.where(scale > 0, scale, np.inf)
    return found


def _borne_by(pair: Floats, lag: int) -> float:
    """How many hours of equal weight would bear the correlation of two series."""
    products = pair[: len(pair) - lag, 0] * pair[lag:, 1]
    return float(products.sum() ** 2 / max((products**2).sum(), 1e-300))
