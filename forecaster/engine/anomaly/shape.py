"""Shape: the nearest of the days before. Sees lost seasons, other periods, right values at the
wrong hour.

"Do the last hours resemble the same clock time, give or take two or three hours, on any past day?" The
distance of the last hours' means to those a lag ago, for lags about 1..7, 14 and 21 days; the mean of the few
smallest counts, in units of what its own past holds. What comes once a week has one neighbour a week, not
several: one that is whole weeks away may stand alone. Mean absolute distances: one odd hour is the business
of the residuals, a shape is several. It moves once an hour, and is held in between.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from forecaster.engine.anomaly.extremes import Extremes, power_of
from forecaster.engine.order_statistics import median
from forecaster.engine.state import SeriesState

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.engine.anomaly.timing import Timing

    Floats = NDArray[np.float64]

DAYS_NEAR = range(1, 8)
DAYS_FAR = (14, 21)
HOURS_NEAR, HOURS_FAR = 2.0, 3.0
"""How far a lag may stray from whole days."""
WINDOW_HOURS = 4.0
"""Memory of the distances: how many of the last hours are compared."""
NEIGHBOURS = 6
WEEKS = (7, 14, 21)
STRAY_HOURS = 1.0
"""Shape of whole weeks, and how far they may stray."""
ALONE = 1.5
"""How much nearer than the few a neighbour whole weeks away must be to count alone."""
KNOWN = 0.5
"""Weight a distance must have collected before its lag counts."""
CAUTION = 6.0
"""Blocks of past it takes to halve the doubt that the memory is too short."""
MEMORY_HOURS = (7 * 24.0, 14 * 24.0)
FLOOR = 0.001
"""Smallest distance that counts, as a share of the largest magnitude seen."""


def lags_of(timing: Timing) -> NDArray[np.intp]:
    """The lags in blocks, ascending."""
    day = timing.blocks_per_day
    near, far = (round(hours * day / 24) for hours in (HOURS_NEAR, HOURS_FAR))
    lags = {day * d + j for d in DAYS_NEAR for j in range(-near, near + 1)}
    lags |= {day * d + j for d in DAYS_FAR for j in range(-far, far + 1)}
    return np.array(sorted(lags), np.intp)


def weekly(timing: Timing) -> NDArray[np.bool_]:
    """Which of the lags are about whole weeks."""
    day = timing.blocks_per_day
    stray = round(STRAY_HOURS * day / 24)
    return np.isin(lags_of(timing), [day * d + j for d in WEEKS for j in range(-stray, stray + 1)])


@dataclass
class Blocks(SeriesState):
    """Attributes: ring (longest lag + 1, n) block means by block number, NaN = none; total, count (n,) of the
    running block; distance, known (lags, n) fading mean distances and their weights; held (n,) the
    ratio in force; usual (n,) median of the running block's like of the last week, NaN where there is none.
    """

    ring: NDArray[np.float32]
    total: Floats
    count: Floats
    distance: NDArray[np.float32]
    known: NDArray[np.float32]
    held: Floats
    usual: Floats


@dataclass
class Shape(SeriesState):
    """The member. `block` is the number of the running block, None before any.

    >>> from forecaster.engine.anomaly.timing import Timing
    >>> shape = Shape.fresh(1, Timing(step=3600, day=86400))
    >>> seen, one, old = np.ones(1, dtype=bool), np.ones(1), np.zeros(1)
    >>> def told(hour: int, wave: int) -> float:
    ...     value = np.array([2.0 + np.sin(2 * np.pi * wave / 24)])
    ...     return round(float(shape.observe(value, seen, one, old, 3600 * hour)[0]), 1)
    >>> same = [told(hour, hour) for hour in range(10 * 24)]
    >>> turned = [told(hour, hour + 12) for hour in range(10 * 24, 10 * 24 + 8)]  # night for day
    >>> max(same[-24:]), max(turned)
    (0.0, 4.3)
    """

    timing: Timing
    blocks: Blocks
    memory: Extremes
    block: int | None = None

    @classmethod
    def fresh(cls, n: int, timing: Timing) -> Self:
        lags = lags_of(timing)
        distances = np.zeros((len(lags), n), np.float32), np.zeros((len(lags), n), np.float32)
        ring = np.full((int(lags[-1]) + 1, n), np.nan, np.float32)
        rates = [timing.block_rate(hours) for hours in MEMORY_HOURS]
        blocks = Blocks(ring, np.zeros(n), np.zeros(n), *distances, np.zeros(n), np.full(n, np.nan))
        return cls(timing, blocks, Extremes.fresh(1, n, power=4, rates=rates, caution=CAUTION))

    def observe(
        self, values: Floats, seen: NDArray[np.bool_], magnitude: Floats, youth: Floats, timestamp: int
    ) -> Floats:
        """Distance of the hours before this one to their nearest past, in units of its own past: (n,)."""
        block = self.timing.block_of(timestamp)
        if block != self.block:
            self._turn(block, magnitude, youth)
        self.blocks.total += np.where(seen, values, 0.0)
        self.blocks.count += seen
        return self.blocks.held

    def _turn(self, block: int, magnitude: Floats, youth: Floats) -> None:
        """Close the running block and open `block`; blocks left out in between count as missing."""
        self.block, before = block, self.block
        if before is None:
            return
        b = self.blocks
        some = b.count > 0
        mean = np.where(some, b.total / np.maximum(b.count, 1), np.nan)
        b.ring[before % len(b.ring)] = mean
        for skipped in range(before + 1, min(block, before + 1 + len(b.ring))):
            b.ring[skipped % len(b.ring)] = np.nan
        b.total, b.count = np.zeros_like(b.total), np.zeros_like(b.count)
        self._compare(before)
        nearest, alone = self._nearest()
        known = np.isfinite(nearest)
        streams = np.where(known, nearest, 0.0)[None]
        b.held = self.memory.largest_ratio(np.minimum(streams, ALONE * alone), FLOOR * magnitude, youth)
        self.memory.learn(power_of(streams, 4), some & known)
        days = self.timing.blocks_per_day * np.array(DAYS_NEAR)
        b.usual = median(b.ring[(block - days) % len(b.ring)]).astype(np.float64)

    @property
    def usual(self) -> Floats:
        """The median of this hour over the last week, (n,), NaN = not known."""
        return self.blocks.usual

    def _compare(self, block: int) -> None:
        """Let the distances of `block` to the blocks a lag before it into their fading means."""
        b = self.blocks
        rate = np.float32(1 / max(WINDOW_HOURS * self.timing.blocks_per_day / 24, 1))
        past = b.ring[(block - lags_of(self.timing)) % len(b.ring)]
        gap = b.ring[block % len(b.ring)] - past
        known = np.isfinite(gap)
        gap[~known] = 0
        gap = np.abs(gap)
        gain = rate * known
        b.distance += gain * (gap - b.distance)
        b.known += gain * (1 - b.known)

    def _nearest(self) -> tuple[Floats, Floats]:
        """Mean of the smallest distances among the lags known, inf where there are too few, and the smallest
        of whole weeks: (n,) each.
        """
        b = self.blocks
        mean = np.where(b.known >= KNOWN, b.distance / np.maximum(b.known, KNOWN), np.inf)
        few = min(NEIGHBOURS, len(mean))
        smallest: Floats = np.partition(mean, few - 1, axis=0)[:few].mean(axis=0, dtype=np.float64)
        return smallest, mean[weekly(self.timing)].min(axis=0, initial=np.inf).astype(np.float64)

    def join(self, other: Self) -> Self:
        joined = super().join(other)
        joined.block = other.block if self.block is None else self.block
        return joined
