"""How large a VM should be, from the hours of its past: arrays in, arrays out.

A size is the highest demand that was seen, with what it will grow in 30 days, and a margin. It is never below
what was seen: a rare peak counts as much as a usual one. Demand is in virtual CPUs and bytes: a size that is
adopted changes nothing of it. The margins are the smallest that kept the demand of the 30 days after within
the size on enough days of the VMs of `forecaster/ADVICE.md`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from forecaster.view.used import Used

    Floats = NDArray[np.float64]
    Hours = NDArray[np.float32]
    Flags = NDArray[np.bool_]

HOURS = 24  # of a day
SEASON = 7 * HOURS  # hours that must have been seen
AHEAD = 30  # days for which a size is to last
GIB = float(1 << 30)
ROUNDING = 1e-6  # of a size: hours are in single precision


class Margin(NamedTuple):
    """What a risk adds: a factor on the demand, and the least share that is kept of the largest size that it
    had in the hours that were seen.
    """

    factor: float
    least: float


class Part(NamedTuple):
    """A part of a VM that has a size: how it is rounded up, where it is full, and its margins by risk.

    `raised` is the factor by which a part that is too small grows.
    """

    name: str
    rounded: Callable[[Floats], Floats]
    full: float
    raised: float
    margins: Mapping[str, Margin]


def whole(size: Floats) -> Floats:
    """Virtual CPUs: whole ones."""
    return np.maximum(1.0, np.ceil(size - ROUNDING * np.maximum(size, 1.0)))


def memory_step(size: Floats) -> Floats:
    """Bytes: four steps between powers of two, at least a quarter of a GiB, and half a GiB in all."""
    least = np.maximum(size, GIB / 2)
    step = np.maximum(GIB / 4, 2.0 ** (np.floor(np.log2(least)) - 2))
    return np.ceil(least / step - ROUNDING) * step


RISKS = CONSERVATIVE, BALANCED, AGGRESSIVE = ("conservative", "balanced", "aggressive")
CPU = Part(
    "cpu",
    whole,
    0.9,
    1.25,
    {CONSERVATIVE: Margin(1.15, 0.0), BALANCED: Margin(1.1, 0.0), AGGRESSIVE: Margin(1.0, 0.0)},
)
MEMORY = Part(
    "memory",
    memory_step,
    0.95,
    1.25,
    {CONSERVATIVE: Margin(1.25, 0.25), BALANCED: Margin(1.2, 0.25), AGGRESSIVE: Margin(1.15, 0.125)},
)
PARTS = {part.name: part for part in (CPU, MEMORY)}
FULL_SHARE = 0.05
"""Share of a week's hours, by their means, that a part is full before it counts as too small: eight hours. A
job that fills the CPUs for an hour each night needs no more of them, and a VM that was made larger an hour
ago has not shown yet what it needs."""
TREND_Z = 2.6  # standard deviations of Kendall's statistic: a trend by chance in 1 of 100 VMs


@dataclass(frozen=True)
class Sized:
    """Of n VMs, in the unit of the capacity; NaN = not known.

    sizes: by risk, (n,). peak: the highest demand seen. usual: the 95th percentile of the hours' peaks.
    growth: what the mean of a day grows in 30 days; 0 without a trend. seen: hours. full: whether it is too
    small now.
    """

    sizes: Mapping[str, Floats]
    peak: Floats
    usual: Floats
    growth: Floats
    seen: NDArray[np.int64]
    full: NDArray[np.bool_]


def sized(
    part: Part, capacity: Floats, hours: Used, wanted: Hours | None = None, elsewhere: Flags | None = None
) -> Sized:
    """Sizes from what was used in the hours (k, n), and the present `capacity` (n,), all in the same unit.

    `wanted` (k, n) is demand that was not met; it keeps a size from falling. `elsewhere` (n,): what it lacks
    is not for a larger size to give. Without a week of hours nothing is known.
    """
    seen = np.isfinite(hours.peak).sum(axis=0)
    need = hours.peak if wanted is None else hours.peak + np.nan_to_num(wanted)
    top, usual = _highest(need), _percentile(need, 95)
    growth = AHEAD * np.maximum(0.0, trend(hours.mean))
    full = is_full(hours.mean, part.full * capacity) & (seen >= SEASON)
    if elsewhere is not None:
        full &= ~elsewhere
    raised = np.where(full, part.raised * capacity, 0.0)
    largest = np.fmax(_highest(hours.given), capacity)
    lasting = lasts(hours.mean) / part.full * (1 + 2 * ROUNDING)
    sizes = {}
    for risk, margin in part.margins.items():
        demand = np.fmax(margin.factor * (top + growth), lasting)  # it would be full of that at once
        size = part.rounded(np.maximum(demand, margin.least * largest))
        size = np.where(full, np.maximum(size, part.rounded(raised)), np.minimum(size, capacity))
        sizes[risk] = np.where((seen >= SEASON) & np.isfinite(capacity), size, np.nan)
    return Sized(sizes, top, usual, growth, seen, full)


def _highest(values: Hours) -> Floats:
    empty = ~np.isfinite(values).any(axis=0)
    found: Floats = np.where(np.isnan(values), -np.inf, values).max(axis=0, initial=-np.inf).astype(float)
    return np.where(empty, np.nan, found)


def _percentile(values: Hours, percent: float) -> Floats:
    """Of what is known of each column; the nearest value from above."""
    known = np.isfinite(values).sum(axis=0)
    if not len(values):
        return np.full(values.shape[1], np.nan)
    ordered = np.sort(values, axis=0)  # NaN last
    place = np.clip(np.ceil(percent / 100 * known).astype(int) - 1, 0, len(values) - 1)
    found: Floats = ordered[place, np.arange(values.shape[1])].astype(float)
    return found


def is_full(mean: Hours, full: Floats | Hours) -> Flags:
    """Whether so much was used in many hours of the last week: `full` is that of each VM (n,), or of each
    hour, too.

    By the present size of a VM, hours that were full at a smaller one are none that it is full in.
    """
    enough = (1 - ROUNDING) * (full[-SEASON:] if full.ndim > 1 else full)
    found: Flags = (mean[-SEASON:] >= enough).sum(axis=0) > FULL_SHARE * SEASON
    return found


def lasts(mean: Hours) -> Floats:
    """The level of the last week that lasts for as many hours as make a part of that size too small (n,); NaN
    where so many are not known.
    """
    least = int(FULL_SHARE * SEASON) + 1
    ordered = np.sort(np.where(np.isnan(mean[-SEASON:]), -np.inf, mean[-SEASON:]), axis=0)
    if len(ordered) < least:
        return np.full(mean.shape[1], np.nan)
    found = ordered[-least].astype(float)
    return np.where(np.isinf(found), np.nan, found)


def daily(hours: Hours) -> Floats:
    """The means of whole days (days, n), the last one ending with the last hour."""
    days = len(hours) // HOURS
    if not days:
        return np.empty((0, hours.shape[1]))
    parts = hours[len(hours) - days * HOURS :].reshape(days, HOURS, -1).astype(float)
    known = np.isfinite(parts).sum(axis=1)
    total = np.nansum(parts, axis=1)
    found: Floats = np.where(known > 0, total / np.maximum(known, 1), np.nan)
    return found


def trend(hours: Hours) -> Floats:
    """The change of a day's mean per day (n,), by the median of slopes (Theil and Sen); 0 where Kendall's
    test sees none.
    """
    days = daily(hours)
    first, second = np.triu_indices(len(days), 1)
    if not len(first):
        return np.zeros(hours.shape[1])
    slopes = (days[second] - days[first]) / (second - first)[:, None]
    known = np.isfinite(days).sum(axis=0)
    spread = np.sqrt(known * (known - 1) * (2 * known + 5) / 18)
    clear = (np.abs(np.nansum(np.sign(slopes), axis=0)) > TREND_Z * spread) & (known > 2)
    found = np.zeros(hours.shape[1])
    if clear.any():
        found[clear] = np.nanmedian(slopes[:, clear], axis=0)
    return found
