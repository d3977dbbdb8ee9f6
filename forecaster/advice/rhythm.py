"""The pattern of series from the hours of their past: arrays in, arrays out."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from forecaster.advice.sizing import AHEAD, HOURS, trend

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Hours = NDArray[np.float32]

CLASSES = IDLE, GROWING, WEEKLY, DAILY, BURSTY, STEADY, UNKNOWN = (
    "idle",
    "growing",
    "weekly",
    "daily",
    "bursty",
    "steady",
    "unknown",
)
WEEK = 7 * HOURS
LEAST = 2 * WEEK  # hours that must be known
IDLE_USUAL, IDLE_EVER = 0.03, 0.1  # as for VMs that are not used
GROWN = 0.2  # of the mean, in 30 days
EXPLAINED = 0.3  # share of the variance, or of the rest, that the hours of a day, or of a week, must explain
BURST = 2.0  # multiple of the median that the highest 1 % of the hours reach


class Rhythm(NamedTuple):
    """Of n series: the class; the share of variance by the hour of the day, and of the rest by the hour of
    the week; the busiest hour of the day (UTC) and its mean; the spread of what the hour of the day does not
    explain, as a share of the mean; growth in 30 days.
    """

    kinds: tuple[str, ...]
    daily: Floats
    weekly: Floats
    busiest: NDArray[np.int64]
    busy: Floats
    volatility: Floats
    growth: Floats


def rhythm(hours: Hours, ends: NDArray[np.int64], every: int) -> Rhythm:
    """From means of hours (k, n) that end at `ends` (k,), `every` seconds long."""
    values = hours.astype(float)
    slot = (ends // every - 1).astype(int)
    day, week = _profile(values, slot % HOURS, HOURS), _profile(values, slot % WEEK, WEEK)
    mean, total = _mean(values), _spread(values)
    by_day = _explained(values - day[slot % HOURS], total)
    by_week = _explained(values - week[slot % WEEK], total)
    rest = np.sqrt(_spread(values - day[slot % HOURS]))
    growth = AHEAD * trend(hours)
    busiest = np.nan_to_num(day, nan=-np.inf).argmax(axis=0)
    scale = np.where(mean > 0, mean, np.nan)
    # A profile of 168 means fits noise, too: what it explains by chance is left out.
    known = np.isfinite(values).sum(axis=0)
    chance = np.minimum(1.0, WEEK / np.maximum(known, 1))
    share = (by_week - by_day) / np.maximum(1 - by_day, 0.01)
    beyond = np.clip((share - chance) / np.maximum(1 - chance, 0.01), 0.0, 1.0)
    kinds = tuple(
        _kind(values[:, at], int(known[at]), float(by_day[at]), float(beyond[at]), float(growth[at]))
        for at in range(values.shape[1])
    )
    return Rhythm(
        kinds, by_day, beyond, busiest, day[busiest, np.arange(values.shape[1])], rest / scale, growth
    )


def _kind(values: Floats, known: int, daily: float, weekly: float, growth: float) -> str:
    if known < LEAST:
        return UNKNOWN
    seen = values[np.isfinite(values)]
    mean, middle = float(seen.mean()), float(np.median(seen))
    if float(np.quantile(seen, 0.95)) <= IDLE_USUAL and float(seen.max()) <= IDLE_EVER:
        return IDLE
    if growth > GROWN * mean:
        return GROWING
    if weekly >= EXPLAINED:
        return WEEKLY
    if daily >= EXPLAINED:
        return DAILY
    return BURSTY if float(np.quantile(seen, 0.99)) >= BURST * middle else STEADY


def _profile(values: Floats, slot: NDArray[np.int64], slots: int) -> Floats:
    """The mean of each slot (slots, n)."""
    found = np.full((slots, values.shape[1]), np.nan)
    for each in np.unique(slot):
        found[each] = _mean(values[slot == each])
    return found


def _mean(values: Floats) -> Floats:
    known = np.isfinite(values).sum(axis=0)
    found: Floats = np.where(known, np.nansum(values, axis=0) / np.maximum(known, 1), np.nan)
    return found


def _spread(values: Floats) -> Floats:
    return _mean((values - _mean(values)) ** 2)


def _explained(rest: Floats, total: Floats) -> Floats:
    found: Floats = np.where(total > 0, 1 - _mean(rest**2) / np.where(total > 0, total, 1.0), 0.0)
    return found
