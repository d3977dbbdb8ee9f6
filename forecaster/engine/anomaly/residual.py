"""The residual: how unlikely is it that a value is so far from its level and the profile of its day?"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from forecaster.engine.anomaly.kernels import profile, residual, tails
from forecaster.engine.state import SeriesState

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.engine.anomaly.timing import Timing
    from forecaster.engine.anomaly.units import Scaled

    Floats = NDArray[np.float64]
    Singles = NDArray[np.float32]

STREAMS, BINS, POINTS = 4, 41, 7
TAILS = 2 * STREAMS
SLOTS, HOURS = 48, 24
"""Parts of the day in the profile and for factors of the scale, at most."""
LEVEL_SAMPLES = 24
LEVEL_HOURS = 0.4
"""Memory of the level, both at least. At one minute, 120 samples find .79 of the segments of minutes.py
within seven steps at .46 false episodes a series-week, 60 samples .83, 20 to 30 .85 at .36 (seeds 0 to 7).
"""
SCALE_HOURS, SCALE_SAMPLES = 7 * 24, 30
FACTOR_HOURS, FACTOR_SAMPLES = 9, 20
"""Memories of level and scale, and of an hour's factor: its samples of nine days."""
MEMORY_HOURS, MEMORY_SAMPLES = 14 * 24, 500
"""Memory of the tails."""
MINUTES = 20_160
"""Samples of one a minute in that memory."""
FALSE_A_WEEK = 0.45
"""How often independent noise has a rarity of 1."""
WARM_HOURS, WARM_SAMPLES = 6, 24
"""While these come, rarity is damped."""


@dataclass(frozen=True)
class Pace:
    """What follows from the timing: times in steps, rates of one step."""

    slots: int
    hours: int
    hour: float
    day: float
    day_rate: float
    rates: Floats  # of level, scale and factors of hours
    cut: float  # nats at which the rarity is 1
    warm: float
    gap: float  # quiet steps between episodes
    fading: float
    fewer: float  # cuts: e-folds by which the tails hold fewer samples than those of one a minute, 1 nat each

    @classmethod
    def of(cls, timing: Timing) -> Self:
        """The pace of the residual's models."""
        hour, day = timing.steps(1), timing.steps(24)
        slots = int(min(max(math.floor(day + 0.5), 1), SLOTS))
        samples = max(timing.steps(MEMORY_HOURS), MEMORY_SAMPLES)
        rates = (
            timing.rate(LEVEL_HOURS, LEVEL_SAMPLES),
            timing.rate(SCALE_HOURS, SCALE_SAMPLES),
            timing.rate(FACTOR_HOURS, FACTOR_SAMPLES),
        )
        cut = math.log(max(7 * day * TAILS / FALSE_A_WEEK, 20))
        return cls(
            slots=slots,
            hours=min(slots, HOURS),
            hour=hour,
            day=day,
            day_rate=timing.rate(24),
            rates=np.array(rates),
            cut=cut,
            warm=max(WARM_HOURS * hour, WARM_SAMPLES),
            gap=max(hour / 2, 1),
            fading=math.exp(1 / samples),
            fewer=max(math.log(MINUTES / samples), 0) / cut,
        )


@dataclass
class Residual(SeriesState):
    """Rarity: -ln P(a residual as large), 1 where independent noise has it 0.45 times a week.

    Attributes, series first: levels, hours and counts of level, scale and hours; profile, offsets and days of
    the profile; masses, points and tail of the tails; lasting (n,), steps of the episode that goes on. The
    kernels have the columns. `slot` is the running one of the profile.
    """

    axis: ClassVar[int] = 0

    timing: Timing
    pace: Pace
    slot: int | None
    levels: Floats
    hours: Singles
    counts: Singles
    profile: Floats
    offsets: Singles
    days: Singles
    masses: Singles
    points: Singles
    tail: Floats
    lasting: Floats

    @classmethod
    def fresh(cls, n: int, timing: Timing) -> Self:
        pace = Pace.of(timing)
        hours, slots = pace.hours, pace.slots
        levels, tail = np.zeros((n, 11)), np.zeros((n, 3))
        factors, counts = np.zeros((2, n, hours), np.float32)
        offsets, days = np.zeros((2, n, slots), np.float32)
        masses = np.zeros((n, TAILS * BINS), np.float32)
        residual.start(levels, factors)
        tails.start(tail, masses)
        return cls(
            timing,
            pace,
            None,
            levels,
            factors,
            counts,
            np.zeros((n, 7)),
            offsets,
            days,
            masses,
            np.zeros((n, TAILS * POINTS), np.float32),
            tail,
            np.zeros(n),
        )

    def join(self, other: Self) -> Self:
        """The series of both; the slot is that of the other one where this one has seen none."""
        joined = super().join(other)
        return replace(joined, slot=other.slot if self.slot is None else self.slot)

    def observe(self, scaled: Scaled, timestamp: int, rarity: Floats) -> None:
        """Write the `rarity` (steps, n) of the values of the steps from `timestamp` on, and take them in."""
        timing, first, steps = self.timing, 0, len(rarity)
        slots = [timing.slot(timestamp + t * timing.step, self.pace.slots) for t in range(steps)]
        for last in range(1, steps + 1):
            if last == steps or slots[last] != slots[first]:
                if slots[first] != self.slot:
                    self._turn(slots[first], scaled.seen[first])
                self._observe(scaled, timestamp, slice(first, last), rarity)
                first = last

    def _turn(self, slot: int, seen: Floats) -> None:
        """The running slot of the profile is over, and learnt; another one begins."""
        profile.turn(self.slot or 0, self.pace.day, seen, self.profile, self.offsets, self.days)
        self.slot = slot

    def _observe(self, scaled: Scaled, timestamp: int, some: slice, rarity: Floats) -> None:
        """The same of some steps of one slot."""
        its, timing, used = self.pace, self.timing, np.empty((2, *rarity.shape))
        believed, scales = np.empty((2, *rarity.shape))
        streams, factors, room = (
            np.empty((rarity.shape[1], STREAMS)),
            np.empty(rarity.shape[1]),
            np.empty(STREAMS),
        )
        values, learnt, _, largest, seen, _ = scaled
        for t in range(some.start, some.stop):
            now = timestamp + t * timing.step
            profile.offset(t, *timing.between(now, its.slots), self.profile, self.offsets, used)
            residual.streams(
                t, values, learnt, used[1], largest, seen, *timing.between(now, its.hours), self.levels,
                self.hours, streams, believed, factors,
            )  # fmt: skip
            tails.observe(
                t, values, streams, seen, now // timing.step, its.cut, its.warm, its.gap, its.fading,
                self.masses, self.points, self.tail, rarity, self.lasting, room,
            )  # fmt: skip
            residual.observe(
                t, learnt, used[1], largest, seen, factors, rarity, self.lasting,
                timing.slot(now, its.hours), its.hour, its.rates, self.levels, self.hours, self.counts,
                scales,
            )  # fmt: skip
        profile.observe(
            some.start, some.stop, learnt, believed, scales, seen, used, self.slot or 0, its.day_rate,
            self.profile, self.days,
        )  # fmt: skip
