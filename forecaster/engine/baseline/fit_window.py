"""The last days' values of each series, kept to fit parameters on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from forecaster.engine.state import SeriesState

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.engine.settings import Settings

    Floats = NDArray[np.float64]

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

    def at(self, tick: int) -> Floats:
        """The values (n,) of step `tick`."""
        values: Floats = self.values[tick % len(self.values)]
        return values
