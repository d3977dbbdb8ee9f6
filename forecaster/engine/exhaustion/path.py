"""Looking ahead along the path that the days before foresee."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from forecaster.engine.exhaustion.passage import tail_and_loss
from forecaster.engine.order_statistics import normal_quantile

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.engine.exhaustion.time_scale import TimeScale

    Floats = NDArray[np.float64]

_GROWS = 2.0  # hours ahead in which a path's error variance doubles
_ROUNDING = 0.15  # blocks
_HIGHEST = 1.5  # deviations of a sample, by which the highest ones of a block exceed its mean


@dataclass(frozen=True)
class Path:
    """The path foreseen by the days before; steps of `block` seconds, the first one's middle `first` seconds
    ahead.
    """

    level: Floats  # (n,) it starts from
    highest: Floats  # (k, n) running maximum of the increments along the path, one day long
    daily: Floats  # (n,) increment after a day
    noise: Floats  # (n,) standard deviation of what it misses
    jitter: Floats  # (n,) … of single samples about the path, which is one of means
    first: float
    block: float

    def log_survival(self, limit: Floats, ends: Floats, scale: TimeScale) -> Floats:
        """Log P(still below `limit` (n,)) at the ascending times `ends`: (len(ends), n)."""
        day = len(self.highest)
        out = np.empty((len(ends), len(limit)))
        for row, end in enumerate(ends):
            reached = int((end - self.first) // self.block) + 1  # blocks whose middle lies within the horizon
            top = self.highest[min(max(reached, 1), day) - 1]
            top = top + np.maximum(self.daily, 0.0) * max(reached / day - 1, 0.0)
            far = limit - self.level - top - _HIGHEST * self.jitter
            tail, _ = tail_and_loss(far / self.noise)
            out[row] = np.log1p(-np.minimum(tail, 1 - 1e-12)) * max(min(end, scale.hour) / self.block, 1.0)
        return np.minimum.accumulate(out, axis=0)

    def seconds(self, limit: Floats, quantiles: tuple[float, ...], scale: TimeScale) -> Floats:
        """When a share of its kind has reached the limit: (n_quantiles, n), inf where it stays below.

        Half have once the highest samples about the path do: what it misses goes either way.
        """
        near = limit - self.level - _HIGHEST * self.jitter
        middle = self._crossing(near)
        hours = np.where(np.isfinite(middle), np.maximum(middle, 0.0), 0.0) / scale.hour
        noise = self.noise * np.sqrt(1.0 + hours / _GROWS)
        z = np.array([[normal_quantile(q)] for q in quantiles])
        out = self._crossing(near + z * noise) + _ROUNDING * z * self.block
        return np.maximum(out, 0.0)

    def _crossing(self, need: Floats) -> Floats:
        """When the path first rises by `need` (…, n), inf = never."""
        day, columns = len(self.highest), np.arange(need.shape[-1])
        whole = sum((row < need for row in self.highest), np.zeros(need.shape, np.intp))
        above = self.highest[np.minimum(whole, day - 1), columns]
        below = np.where(whole > 0, self.highest[np.maximum(whole, 1) - 1, columns], 0.0)
        rising = self.daily > 0
        with np.errstate(over="ignore"):
            part = np.clip((need - below) / np.where(above > below, above - below, 1.0), 0.0, 1.0)
            days = (need - self.highest[-1]) / np.where(rising, self.daily, 1.0)
        later = np.where(rising, (1 + days) * day, np.inf)
        return self.first + np.where(whole < day, whole - 1 + part, later) * self.block
