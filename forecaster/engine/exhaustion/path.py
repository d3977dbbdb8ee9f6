"""Looking ahead along the path that the days before foresee."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from forecaster.engine.exhaustion import passage_kernel
from forecaster.engine.order_statistics import normal_quantile

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.engine.exhaustion.time_scale import TimeScale

    Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Path:
    """The path foreseen by the days before; steps of `block` seconds, the first one's middle `first` seconds
    ahead.
    """

    silent: NDArray[np.intp]  # (n,) the rows of the straight views it stands for
    columns: NDArray[np.intp]  # (n,) the series, of all
    highest: NDArray[np.float32]  # (k, all) running maximum of the increments along the path, one day long
    level: Floats  # (n,) it starts from
    daily: Floats  # (n,) increment after a day
    noise: Floats  # (n,) standard deviation of what it misses above it
    late: Floats  # (n,) … and below it
    jitter: Floats  # (n,) … of single samples about the path, which is one of means
    first: float
    block: float

    def log_survival(self, limit: Floats, ends: Floats, scale: TimeScale) -> Floats:
        """Log P(still below `limit` (all,)) at the ascending times `ends`: (len(ends), n)."""
        out = np.empty((len(ends), len(self.columns)))
        parts = self.columns, self.highest, self.level, self.daily, self.noise, self.jitter
        passage_kernel.path_log_survival(*parts, limit, ends, self.first, self.block, scale.hour, out)
        return out

    def seconds(self, limit: Floats, quantiles: tuple[float, ...], scale: TimeScale) -> Floats:
        """When a share of its kind has reached the limit: (n_quantiles, n), inf where it stays below.

        Half have once the highest samples about the path do: what it misses goes either way.
        """
        z = np.array([normal_quantile(q) for q in quantiles])
        out = np.empty((len(z), len(limit)))
        parts = self.columns, self.highest, self.level, self.daily, self.noise, self.late, self.jitter
        passage_kernel.path_seconds(*parts, limit, z, self.first, self.block, scale.hour, out)
        return out
