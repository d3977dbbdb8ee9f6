"""The last days' values of each series, kept to fit parameters on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from forecaster.engine.state import SeriesState

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.engine.baseline.weekly_season import WeeklyOffsets
    from forecaster.engine.settings import Settings

    Floats = NDArray[np.float64]

_ABOUT = 2  # steps: what another day has so near to the same time of the day is alike
_FAR = 2.0  # ranges of what is alike, beyond which a value is like none of it
_BURST = 3  # steps in a row that a burst lasts at most; what goes on is a new level
_DELAY = 0.75  # of a day, from the window's end until the last of the filters fitted on it are in use


def delay(settings: Settings) -> int:
    """Steps from a day's end until its refit is done; less than a day."""
    return int(_DELAY * settings.season)


@dataclass
class FitWindow(SeriesState):
    """A ring of values, the one of step `tick` in slot `tick % len`; it holds a window of steps and those
    that come while a refit works on it.
    """

    steps: int  # of the window
    day: int
    last: int  # the newest step, -1 before any
    values: Floats  # (window + delay of a refit, n), NaN = missing
    seen: Floats  # (2, n) values in the last day, and in the last two

    @classmethod
    def fresh(cls, n: int, settings: Settings) -> Self:
        steps = settings.fit_days * settings.season
        values = np.full((steps + delay(settings), n), np.nan)
        return cls(steps, settings.season, -1, values, np.zeros((2, n)))

    def observe(self, values: Floats, tick: int) -> None:
        """Take in the values (n,) of step `tick`; every step must be given, NaN = missing."""
        self.last = tick
        leaving = np.stack([np.isfinite(self.at(tick - days * self.day)) for days in (1, 2)])
        self.seen += np.isfinite(values) - 1.0 * leaving
        self.values[tick % len(self.values)] = values

    def cleaned(self, tick: int, last: int, columns: NDArray[np.intp], week: WeeklyOffsets) -> Floats:
        """The values of step `tick` of the series at `columns` for a fit on the window up to step `last`.

        What is far from all that the other days of the window have at about this time of the day, but for
        what the `week` adds, is held to that, unless it has lasted for longer than a burst does.
        """

        def daily(step: int) -> Floats:
            daily: Floats = self.at(step)[columns] - week.at(step)[columns]
            return daily

        first, days = last + 1 - self.steps, range(self.steps // self.day)
        since = tick - first
        others = [
            daily(first + day * self.day + (since + shift) % self.day)
            for day in days
            for shift in range(-_ABOUT, _ABOUT + 1)
            if day != since // self.day
        ]
        low, high = np.fmin.reduce(others), np.fmax.reduce(others)
        reach = _FAR * (high - low)
        value, *before = (daily(tick - age) for age in range(_BURST + 1))
        far, *lasts = ((each < low - reach) | (each > high + reach) for each in (value, *before))
        held = np.clip(value, low, high) + week.at(tick)[columns]
        return np.where(far & ~np.logical_and.reduce(lasts), held, self.at(tick)[columns])

    def at(self, tick: int) -> Floats:
        """The values (n,) of step `tick`."""
        values: Floats = self.values[tick % len(self.values)]
        return values
