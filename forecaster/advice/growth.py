"""How a level grows from day to day: the mean change, what the day of the week adds, and the scatter.

Late changes count more than early ones. Most of what fills up does so on workdays, and is cleaned up on one
day of the week: the same change a week later is no scatter. A drop that comes once and is far larger than all
other changes is a clean-up by hand: it says nothing of the pace.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

WEEK = 7  # days
HALF_LIFE = 28.0
"""Days after which a change counts half; chosen on seeded fills 2024 and 2025 and on half of the traces. From
14 to 42 errors are within .01 of its."""
CLEANED = 10.0  # median deviations from the median: a drop beyond is a clean-up, or comes again each week
LEAST_WEEKS = 2  # of which changes must be known before days of the week are told apart


class Growth(NamedTuple):
    """Of each series (n,): the mean change of a day, what the day of the week adds to it (7, n), day `k` days
    after the last one at place (k - 1) % 7; the standard deviation of a day's change from both, how many
    changes are known, and how many of equal weight tell as much.
    """

    mean: Floats
    weekday: Floats
    spread: Floats
    known: NDArray[np.int64]
    effective: Floats


def growth(level: Floats) -> Growth:
    """From the levels of days (days, n); NaN = not known."""
    change = np.diff(level, axis=0)
    known = np.isfinite(change).sum(axis=0)
    there = np.isfinite(change) & ~_cleaned(change)
    age = np.arange(len(change))[::-1]
    weight = there * 0.5 ** (age / HALF_LIFE)[:, None]
    change = np.where(there, change, 0.0)
    total = np.maximum(weight.sum(axis=0), 1e-300)
    mean = (weight * change).sum(axis=0) / total
    place = (WEEK - 1 - age) % WEEK
    weekday = _weekdays(change - mean, weight, place)
    whole = weekday.mean(axis=0)  # what is known may begin and end in the middle of a week
    mean, weekday = mean + whole, weekday - whole
    rest = np.where(there, change - mean - weekday[place], 0.0)
    effective = total**2 / np.maximum((weight**2).sum(axis=0), 1e-300)
    variance = (weight * rest**2).sum(axis=0) / total * effective / np.maximum(effective - 1, 1.0)
    variance = np.maximum(variance, _by_week(rest))
    return Growth(mean, weekday, np.sqrt(variance), known, np.maximum(effective, 1.0))


def _cleaned(change: Floats) -> NDArray[np.bool_]:
    """Which change is the only one of its kind: a drop far below all others."""
    if len(change) < 2 * WEEK:
        return np.zeros(change.shape, bool)
    some = np.where(np.isfinite(change).any(axis=0), change, 0.0)
    middle = np.nanmedian(some, axis=0)
    scale = np.nanmedian(np.abs(some - middle), axis=0)
    far = np.nan_to_num(change, nan=0.0) < np.minimum(middle - CLEANED * scale, 0.0)
    alone: NDArray[np.bool_] = far & (far.sum(axis=0) == 1)
    return alone


def _weekdays(rest: Floats, weight: Floats, place: NDArray[np.int64]) -> Floats:
    """What each day of the week adds (7, n): its mean, drawn to 0 as far as the scatter of its days may have
    made it (empirical Bayes).
    """
    counts, means, errors = (np.zeros((WEEK, rest.shape[1])) for _ in range(3))
    for day in range(WEEK):
        mine = weight[place == day]
        counts[day] = mine.sum(axis=0)
        means[day] = (mine * rest[place == day]).sum(axis=0) / np.maximum(counts[day], 1e-300)
        errors[day] = (mine * (rest[place == day] - means[day]) ** 2).sum(axis=0)
    total, days = counts.sum(axis=0), max(len(rest), 1)
    within = errors.sum(axis=0) / np.maximum(total * (1 - WEEK / days), 1e-300)
    by_chance = within / np.maximum(total / WEEK, 1e-300)
    between = np.maximum((means**2).mean(axis=0) - by_chance * (WEEK - 1) / WEEK, 0.0)
    share = between / (between + by_chance + 1e-300)
    enough = (days >= LEAST_WEEKS * WEEK) & (counts > 0).all(axis=0)
    found: Floats = np.where(enough, share * means, 0.0)
    return found


def _by_week(rest: Floats) -> Floats:
    """The variance of a day as weeks tell it: changes that follow one another add up."""
    weeks = len(rest) // WEEK
    if weeks < 2:
        return np.zeros(rest.shape[1])
    sums = rest[len(rest) - weeks * WEEK :].reshape(weeks, WEEK, rest.shape[1]).sum(axis=1)
    found: Floats = (sums**2).sum(axis=0) / (weeks - 1) / WEEK
    return found
