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


@dataclass
class History(SeriesState):
    """A ring of values, the one of step `tick` in slot `tick % len`."""

    values: Floats  # (n_steps, n), NaN = missing

    @classmethod
    def fresh(cls, n: int, settings: Settings) -> Self:
        return cls(np.full((settings.fit_days * settings.season, n), np.nan))

    def observe(self, values: Floats, tick: int) -> None:
        self.values[tick % len(self.values)] = values

    def until(self, tick: int, rows: NDArray[np.intp]) -> Floats:
        """The values of the series at `rows`, oldest first, up to step `tick`: (n_steps, len(rows))."""
        split = (tick + 1) % len(self.values)
        return np.concatenate((self.values[split:, rows], self.values[:split, rows]))

    def filled(self, tick: int, steps: int) -> Floats:
        """Share of the last `steps` steps that hold a value: (n,)."""
        slots = (tick - np.arange(steps)) % len(self.values)
        seen = np.isfinite(self.values[slots]).astype(np.float64)
        share: Floats = np.mean(seen, axis=0)
        return share
