"""The last days' values of each series, kept to fit parameters on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from forecaster.engine.refit import delay
from forecaster.engine.state import SeriesState

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.engine.settings import Settings

    Floats = NDArray[np.float64]


@dataclass
class History(SeriesState):
    """A ring of values, the one of step `tick` in slot `tick % len`; it holds a window of steps and those
    that come while a refit works on it.
    """

    window: int
    last: int  # the newest step, -1 before any
    values: Floats  # (window + delay of a refit, n), NaN = missing

    @classmethod
    def fresh(cls, n: int, settings: Settings) -> Self:
        window = settings.fit_days * settings.season
        return cls(window, -1, np.full((window + delay(settings), n), np.nan))

    def observe(self, values: Floats, tick: int) -> None:
        self.last = tick
        self.values[tick % len(self.values)] = values

    def at(self, tick: int) -> Floats:
        """The values (n,) of step `tick`."""
        values: Floats = self.values[tick % len(self.values)]
        return values
