"""The state a series is in, as the tables see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from forecaster.engine.state import SeriesState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from forecaster.engine.settings import Settings

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

_GRAIN = 1 / 288  # days between the two values of a move
_PACES = {"pace_half": 0.5, "pace_3": 3.0}  # half-lives in days of the counts of onsets
_USUAL = 1 / 16  # days the usual level remembers (its mean age: 90 minutes)
_HOURS = 72  # of onsets that are counted one by one
_LARGEST = 200.0  # percent of the limit: beyond, nothing is told apart


def relative(values: Floats, limit: Floats) -> Floats:
    """Values as percent of the limit times 0.9; NaN without a positive limit."""
    usable = np.isfinite(limit) & (limit > 0)
    with np.errstate(over="ignore"):  # held at the largest
        share = np.where(usable, values, np.nan) / np.where(usable, limit, 1.0)
        return np.clip(90.0 * share, -_LARGEST, _LARGEST)


@dataclass
class Circumstances(SeriesState):
    """What a series did of late, in time relative to its limit; times are numbers of steps, -inf = never."""

    settings: Settings
    recent: Floats  # (an hour of steps + 1, n) levels, newest in slot `tick % len`, NaN = missing
    filled: Floats  # (n,) of the last hour's steps
    seen: Floats  # (n,) values so far
    latest: Floats  # (n,) last level seen, NaN = none
    lowest: Floats  # (n,) level ever seen
    highest: Floats
    above: Floats  # (n,) step of the last value at the limit
    onset: Floats  # (n,) … of the last one after a quiet hour
    onsets: Floats  # (72, n) by the number of their hour
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
            np.zeros((_HOURS, n)),
            np.zeros((2, n)),
            np.zeros((len(_PACES), 2, n)),
        )

    def observe(self, level: Floats, tick: int) -> None:
        """Take in the levels (n,), relative to the limit, of step `tick`; every step must be given."""
        hour, rows = self.settings.steps(1 / 24), len(self.recent)
        if tick // hour != (tick - 1) // hour:
            self.onsets[tick // hour % _HOURS] = 0.0
        seen, high = np.isfinite(level), level >= 90.0  # NaN is not
        began = high & self.quiet(tick - 1)
        self.filled += seen - 1.0 * np.isfinite(self.recent[(tick - hour) % rows])
        self.recent[tick % rows] = level
        self.seen += seen
        self.latest = np.where(seen, level, self.latest)
        self.above = np.where(high, tick, self.above)
        self.onset = np.where(began, tick, self.onset)
        self.onsets[tick // hour % _HOURS] += began
        self._fade(self.usual, _USUAL, np.stack([np.where(seen, level, 0.0), 1.0 * seen]))
        for row, half_life in enumerate(_PACES.values()):
            self._fade(self.pace[row], half_life / np.log(2), np.stack([1.0 * began, 1.0 * seen]))
        self.lowest, self.highest = np.fmin(self.lowest, level), np.fmax(self.highest, level)

    def _fade(self, sums: Floats, days: float, more: Floats) -> None:
        sums *= np.exp(-self.settings.step / (days * self.settings.day))
        sums += more

    def quiet(self, tick: int) -> Flags:
        """Where the hour up to `tick`, the last step seen, stayed below the limit, half observed (n,)."""
        hour = self.settings.steps(1 / 24)
        still: Flags = (tick - self.above >= hour) & (self.filled >= max(1, hour // 2))
        return still

    def moves(self) -> Flags:
        """Where the level has ever changed (n,)."""
        moved: Flags = self.highest > self.lowest
        return moved

    def usual_level(self) -> Floats:
        """The mean level of late (n,), 0 before the first."""
        level: Floats = self.usual[0] / np.maximum(self.usual[1], 1e-9)
        return level

    def now(self, tick: int) -> Mapping[str, Floats]:
        """The circumstances of step `tick`, the last one seen, by name: (n,) each."""
        settings, rows = self.settings, len(self.recent)
        hour, grain, n = settings.steps(1 / 24), settings.steps(_GRAIN), len(self.seen)
        one, two, three = (self.recent[(tick - k * grain) % rows] for k in range(3))
        newest = tick // hour
        slots = (newest - np.arange(_HOURS)) % _HOURS
        of_day = int(tick * settings.step % settings.day * 24 // settings.day)
        weekend = (tick * settings.step // settings.day + 3) % 7 >= 5  # day 0 of Unix time was a Thursday
        season = settings.day / settings.step
        pace = season * self.pace[:, 0] / np.maximum(self.pace[:, 1], season / 4)
        return {
            "level": np.nan_to_num(self.latest),
            "move": np.nan_to_num(one - two),
            "move_before": np.nan_to_num(two - three),
            "usual": self.usual_level(),
            "age": (tick - self.onset) / hour,
            "hour": np.full(n, float(of_day)),
            "week": np.full(n, float(of_day // 2 + 12 * weekend)),
            "onsets_1": self.onsets[slots[:24]].sum(axis=0),
            "onsets_3": self.onsets.sum(axis=0),
            **dict(zip(_PACES, np.log(pace + 0.03), strict=True)),
        }
