"""What series are made of: trend, daily and weekly season and remainder, by MSTL of their hourly means.

Strengths as in Hyndman and Athanasopoulos, Forecasting: Principles and Practice (3rd edition), 4.3: 1 minus
the variance of the remainder over that of component and remainder together, at least 0. A few weeks of pure
noise show some strength, too: `noise` tells how much.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from forecaster.backtest import reference_models

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.backtest.events import Clock

    Floats = NDArray[np.float64]

HOURS, WEEK = 24, 7  # of a day; days of a week
SEASONS = {"daily": 1, "weekly": WEEK}  # days of each
LEAST_OBSERVED = 0.5  # share of the hours
SEED = 1


class Pattern(NamedTuple):
    """Strengths between 0 and 1, NaN for a season of which there are not two; `remainder` is its share of the
    variance, `dominant` the component of the largest variance.
    """

    trend: float
    daily: float
    weekly: float
    remainder: float
    dominant: str


@dataclass(frozen=True)
class Patterns:
    """The pattern of each series (None: too little is known, or it is constant), and that of white noise."""

    series: tuple[Pattern | None, ...]
    noise: Pattern | None


def patterns(values: Floats, clock: Clock) -> Patterns:
    """Those of values (n, T), NaN = missing."""
    hourly, day = hourly_means(values, clock)
    noise = np.random.default_rng(SEED).standard_normal(int(hourly.shape[1]))
    return Patterns(tuple(pattern(each, day) for each in hourly), pattern(noise, day))


def hourly_means(values: Floats, clock: Clock) -> tuple[Floats, int]:
    """Means (n, h) of the values present in each hour of the day's 24, NaN without one, and how many are a
    day; the values themselves when a step is longer than that.
    """
    day = clock.steps(clock.day)
    if day <= HOURS:
        return values, day
    hour = np.arange(values.shape[1]) * clock.step * HOURS // clock.day
    starts = np.flatnonzero(np.diff(hour, prepend=-1))
    known = np.isfinite(values)
    count = np.add.reduceat(known.astype(float), starts, axis=1)
    total = np.add.reduceat(np.where(known, values, 0.0), starts, axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan), HOURS


def pattern(values: Floats, day: int) -> Pattern | None:
    """That of one series (h,) with `day` values a day; None for one that is constant or too little known."""
    whole = _whole(values)
    periods = {name: days * day for name, days in SEASONS.items() if 1 < days * day < len(whole) / 2}
    if not periods:
        return None
    with reference_models.quiet():
        found = reference_models.mstl(whole, tuple(periods.values()))
    seasons = np.asarray(found.seasonal).reshape(len(whole), -1).T
    parts = {"trend": np.asarray(found.trend), **dict(zip(periods, seasons, strict=True))}
    rest = np.asarray(found.resid)
    variances = {name: float(part.var()) for name, part in {**parts, "remainder": rest}.items()}
    strengths = {name: _strength(part, rest) for name, part in parts.items()}
    return Pattern(
        strengths["trend"],
        strengths.get("daily", math.nan),
        strengths.get("weekly", math.nan),
        variances["remainder"] / float(whole.var()),
        max(variances, key=lambda name: variances[name]),
    )


def _whole(values: Floats) -> Floats:
    """From the first to the last known value, gaps filled by straight lines, in units of the largest; empty
    when half of it is a gap, or nothing varies.
    """
    known = np.flatnonzero(np.isfinite(values))
    hours = np.arange(known[0], known[-1] + 1) if len(known) else known
    if len(known) < LEAST_OBSERVED * len(hours) or not len(known) or np.ptp(values[known]) == 0:
        return np.empty(0)
    unit = values / np.nanmax(np.abs(values))
    centred: Floats = np.interp(hours, known, unit[known] - unit[known].mean())
    return np.asarray(centred / np.abs(centred).max())


def _strength(part: Floats, rest: Floats) -> float:
    both = float(np.var(part + rest))
    return max(0.0, 1 - float(rest.var()) / both) if both > 0 else 0.0
