"""The engine's forecasts without the rest of it, as an engine that the shared bench's score_forecast.py
takes: values are held to their usual range as the engine does, and quantiles are asked for where they are
read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from forecaster.engine.baseline.usual_range import UsualRange
from forecaster.engine.forecasts import Pool
from forecaster.engine.settings import Settings

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["Engine", "Settings"]


@dataclass
class Engine:
    """What has been learnt; after a step `forecast` says what comes."""

    settings: Settings
    usual: UsualRange
    pool: Pool

    @classmethod
    def fresh(cls, n_series: int, settings: Settings) -> Engine:
        return cls(settings, UsualRange.fresh(n_series, settings), Pool.fresh(n_series, settings))

    def observe(self, values: Floats, timestamp: int) -> Engine:
        """Take in the values (n,) of a step."""
        self.pool.observe(self.usual.held(values), self.settings.tick(timestamp))
        return self

    @property
    def forecast(self) -> Floats:
        """(n_horizons, n_quantiles, n)."""
        said = self.pool.ask(self.settings.horizons, self.settings.quantiles)
        return np.moveaxis(np.clip(said, self.settings.lowest, self.settings.highest), 0, -1)
