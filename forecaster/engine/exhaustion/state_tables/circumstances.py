"""The state a series is in, as the tables see it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Self

import numpy as np

from forecaster.engine.exhaustion.state_tables import kernel
from forecaster.engine.state import SeriesState

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.engine.settings import Settings

    Floats = NDArray[np.float64]

NAMES = (
    "level",  # of the last value, in percent of the limit times 0.9
    "move",  # from the value before
    "move_before",
    "usual",  # level of late
    "age",  # hours since the last onset
    "hour",  # of the day
    "week",  # two hours of the day, of a workday or of the weekend
    "onsets_1",  # in a day
    "onsets_3",  # in three days
    "pace_half",  # logarithm of onsets a day, with a half-life of half a day
    "pace_3",
)
"""The circumstances, in the kernel's order."""
CLOCK = ("hour", "week")
"""Those of the clock, common to all series."""
_GRAIN = 1 / 288  # days between the two values of a move
_PACES = (0.5, 3.0)  # half-lives in days of the counts of onsets
_USUAL = 1 / 16  # days the usual level remembers (its mean age: 90 minutes)
_MEMORIES = (_USUAL, *(half_life / math.log(2) for half_life in _PACES))  # days, of these in turn
_HOURS = 72  # of onsets that are counted one by one


@dataclass
class Circumstances(SeriesState):
    """What a series did of late, in time relative to its limit; times are numbers of steps, -inf = never.

    Levels are percent of the limit times 0.9, NaN without a positive limit.
    """

    settings: Settings
    recent: Floats  # (an hour of steps + 1, n) levels, newest in slot `tick % len`, NaN = missing
    filled: Floats  # (n,) of the last hour's steps
    seen: Floats  # (n,) values so far
    latest: Floats  # (n,) last level seen, NaN = none
    lowest: Floats  # (n,) level ever seen
    highest: Floats
    above: Floats  # (n,) step of the last value at the limit
    onset: Floats  # (n,) … of the last one after a quiet hour
    onsets: NDArray[np.uint8]  # (72, n) by the number of their hour
    usual: Floats  # (2, n) fading sums of levels and of their number
    pace: Floats  # (2 half-lives, 2, n) fading counts of onsets and of values

    @classmethod
    def fresh(cls, n: int, settings: Settings) -> Self:
        hour, grain = settings.steps(1 / 24), settings.steps(_GRAIN)
        none, never = np.full(n, np.nan), np.full(n, -np.inf)
        return cls(
            settings,
            np.full((max(hour, 2 * grain) + 1, n), np.nan),
            np.zeros(n),
            np.zeros(n),
            none,
            np.full(n, np.inf),
            never.copy(),
            never,
            never.copy(),
            np.zeros((_HOURS, n), np.uint8),
            np.zeros((2, n)),
            np.zeros((len(_PACES), 2, n)),
        )

    def for_kernel(self) -> kernel.Past:
        """All of it, as the kernel takes it."""
        settings = self.settings
        clock = settings.step, settings.day, settings.hour, settings.steps(_GRAIN)
        values = self.recent, self.filled, self.seen, self.latest, self.lowest, self.highest
        limits = self.above, self.onset, self.onsets, self.usual, self.pace
        return kernel.Past(clock, _fades(settings.step, settings.day), values, limits)

    def now(self, tick: int) -> Floats:
        """The circumstances of step `tick`, the last one seen: (len(NAMES), n)."""
        n = len(self.seen)
        out = np.empty((len(NAMES), n))
        kernel.now(tick, self.for_kernel(), True, np.empty((2, n), np.uint16), out)
        return out


@lru_cache(maxsize=16)
def _fades(step: int, day: int) -> Floats:
    """What a step leaves of the usual level, and of each pace."""
    return np.array([math.exp(-(step / day) / days) for days in _MEMORIES])
