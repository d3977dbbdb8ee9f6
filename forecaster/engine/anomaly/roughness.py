"""Roughness: how rough the series runs. Sees bursts of variance, vanished variation and flat lines.

The logarithm of the mean step size of the last hours over that of the last week. Its own past says how far it
usually swings, but only the past up to half a day ago: the swing grows over hours, and a memory that followed
at once would take the beginning of an anomaly for usual.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from forecaster.engine.anomaly.extremes import Extremes, blend, power_of
from forecaster.engine.state import SeriesState

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.engine.anomaly.timing import Timing

    Floats = NDArray[np.float64]

FAST_HOURS, SLOW_HOURS = 3.0, 7 * 24.0
SAMPLES = 12.0
"""Samples a mean step size rests on at least."""
DELAY_HOURS = 12.0
CAUTION = 24.0
"""Blocks of past it takes to halve the doubt that the memory is too short."""
MEMORY_HOURS = (3 * 24.0, 14 * 24.0)
FLOOR = 0.05
"""Smallest swing of the logarithm that counts: 5 %."""
STILL = 0.001
"""Step size that counts as none, as a share of the largest magnitude seen."""


@dataclass
class Swing(SeriesState):
    """Attributes, (n,): last, the value before, NaN before any; fast, slow mean steps and their weights."""

    rate_fast: float
    rate_slow: float
    last: Floats
    fast: Floats
    slow: Floats
    seen_fast: Floats
    seen_slow: Floats

    @classmethod
    def fresh(cls, n: int, timing: Timing) -> Self:
        rates = timing.rate(FAST_HOURS, SAMPLES), timing.rate(SLOW_HOURS, SAMPLES)
        return cls(*rates, np.full(n, np.nan), np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n))

    def observe(self, values: Floats, seen: NDArray[np.bool_], magnitude: Floats) -> Floats:
        """Log ratio of recent to usual roughness, (n,); 0 where it is not known."""
        known = seen & np.isfinite(self.last)
        change = np.where(known, np.abs(values - self.last), 0.0)
        blend(self.fast, self.seen_fast, change, self.rate_fast * known)
        blend(self.slow, self.seen_slow, change, self.rate_slow * known)
        self.last = np.where(seen, values, self.last)
        still = STILL * magnitude
        fast = self.fast / np.maximum(self.seen_fast, 1e-12) + still
        slow = self.slow / np.maximum(self.seen_slow, 1e-12) + still
        return np.where(known, np.log(fast / slow), 0.0)


@dataclass
class Waiting(SeriesState):
    """Powers on their way into the memory: mean powers of the last blocks, and the running one.

    Attributes: queue (delay, 2, n), a ring by block number; filled (delay, n) samples behind each; total (2,
    n) and count (n,) of the running block; age (n,) blocks with samples so far.
    """

    queue: NDArray[np.float32]
    filled: NDArray[np.float32]
    total: Floats
    count: Floats
    age: Floats

    @classmethod
    def fresh(cls, n: int, delay: int) -> Self:
        queue = np.zeros((delay, 2, n), np.float32), np.zeros((delay, n), np.float32)
        return cls(*queue, np.zeros((2, n)), np.zeros(n), np.zeros(n))


@dataclass
class Roughness(SeriesState):
    """The member. `block` is the number of the running block, None before any.

    >>> from forecaster.engine.anomaly.timing import Timing
    >>> roughness = Roughness.fresh(1, Timing(step=300, day=86400))
    >>> seen, one, old = np.ones(1, dtype=bool), np.ones(1), np.zeros(1)
    >>> def told(step: int, size: float) -> float:
    ...     value = np.array([1.0 + size * (step % 3)])
    ...     return round(float(roughness.observe(value, seen, one, old, 300 * step)[0]), 1)
    >>> calm = [told(step, 0.01 + 0.0001 * (step % 50)) for step in range(3 * 288)]
    >>> rough = [told(3 * 288 + step, 0.1) for step in range(24)]
    >>> max(calm[-288:]), max(rough)
    (0.8, 18.9)
    """

    timing: Timing
    swing: Swing
    memory: Extremes
    waiting: Waiting
    block: int | None = None

    @classmethod
    def fresh(cls, n: int, timing: Timing) -> Self:
        rates = [timing.block_rate(hours) for hours in MEMORY_HOURS]
        delay = max(1, round(DELAY_HOURS * timing.blocks_per_day / 24))
        memory = Extremes.fresh(2, n, power=6, rates=rates, caution=CAUTION)
        return cls(timing, Swing.fresh(n, timing), memory, Waiting.fresh(n, delay))

    def observe(
        self, values: Floats, seen: NDArray[np.bool_], magnitude: Floats, youth: Floats, timestamp: int
    ) -> Floats:
        """The swing at `values` (n,) in units of what its past holds, (n,)."""
        self._turn(self.timing.block_of(timestamp))
        swing = self.swing.observe(values, seen, magnitude)
        streams = np.stack((np.maximum(swing, 0), np.maximum(-swing, 0)))
        ratio = self.memory.largest_ratio(streams, FLOOR, youth)
        self.waiting.total += power_of(streams, 6) * seen
        self.waiting.count += seen
        return ratio

    def _turn(self, block: int) -> None:
        """On a new block: what has waited long enough becomes memory; of a young series, the newest, too."""
        if block == self.block:
            return
        self.block, before = block, self.block
        if before is None:
            return
        w = self.waiting
        delay = len(w.queue)
        some = w.count > 0
        mean = w.total / np.maximum(w.count, 1)
        w.age += some
        self.memory.learn(mean, some & (w.age <= 2 * delay))
        place = before % delay
        self.memory.learn(w.queue[place].astype(np.float64), w.filled[place] > 0)
        w.queue[place], w.filled[place] = mean, w.count
        w.total[:], w.count[:] = 0.0, 0.0

    def join(self, other: Self) -> Self:
        joined = super().join(other)
        joined.block = other.block if self.block is None else self.block
        return joined
