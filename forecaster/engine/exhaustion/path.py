"""Looking ahead along the path that the days before foresee."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from forecaster.engine.exhaustion import passage_kernel
from forecaster.engine.exhaustion.passage import TABLE_LOSS, TABLE_Z
from forecaster.engine.order_statistics import normal_quantile

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.engine.exhaustion.time_scale import TimeScale

    Floats = NDArray[np.float64]

_HIGH = 0.84134  # share below one standard deviation above the mean


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
        highest = highest_of(max(1, round(self.block / scale.grain)))
        passage_kernel.path_log_survival(
            *parts, limit, ends, self.first, self.block, *highest, scale.hour, out
        )
        return out

    def seconds(
        self, limit: Floats, quantiles: tuple[float, ...], scale: TimeScale, told: Floats | None = None
    ) -> Floats:
        """When a share of its kind has reached the limit: (n_quantiles, n), inf where it stays below. Where
        the first one may not be `told` (2, n), which is above the one and up to the other, the others are
        inf, too.

        Half have once the highest samples about the path do: what it misses goes either way.
        """
        z = np.array([normal_quantile(q) for q in quantiles])
        out = np.empty((len(z), len(limit)))
        parts = self.columns, self.highest, self.level, self.daily, self.noise, self.late, self.jitter
        times = self.first, self.block, scale.hour, scale.grain
        bounds = np.array([[-np.inf], [np.inf]]).repeat(len(limit), axis=1) if told is None else told
        passage_kernel.path_seconds(*parts, limit, z, *times, TABLE_Z, TABLE_LOSS, bounds, out)
        return out


@lru_cache(maxsize=64)
def highest_of(draws: int) -> tuple[float, float]:
    """The highest of some normal draws, in standard deviations: its median, and how far above that it is in
    a sixth of the cases.

    >>> [round(each, 2) for each in highest_of(1)], [round(each, 2) for each in highest_of(15)]
    ([0.0, 1.0], [1.69, 0.58])
    """
    median, high = (normal_quantile(share ** (1 / draws)) for share in (0.5, _HIGH))
    return median, high - median
