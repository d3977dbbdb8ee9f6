"""Forecasts of values at the horizons: of several views the one that has been right there, with its own
errors.

For each horizon the views' forecasts are noted, a couple of dozen to a horizon, and judged when their time
comes. The view of least mean absolute error speaks; quantiles are its own past errors', tracked by the
gradient of the pinball loss (Robbins and Monro, A stochastic approximation method, 1951; Koenker, Quantile
Regression, 2005).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from forecaster.engine import forecast_kernel as kernel
from forecaster.engine.order_statistics import normal_quantile
from forecaster.engine.state import SeriesState

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.engine.baseline import Baseline
    from forecaster.engine.exhaustion import Exhaustion, Straight
    from forecaster.engine.settings import Settings

    Floats = NDArray[np.float64]

VIEWS = ("level", "damped", "season", "week", "trend", "days", "mean")
_BY_MEMBER = np.array([VIEWS.index(name) for name in ("level", "season", "week")])  # of the baseline
_OF_BASELINE, _OF_EXHAUSTION = slice(4), slice(4, 6)
_MEAN_DAYS = 3.0
_NOTES = 24  # forecasts noted to a horizon, at most
_MEMORY_DAYS = 7.0  # of the views' errors; of those of what was said a third
_MEAN_TO_DEVIATION = 1.2533  # √(π/2)


@dataclass
class HorizonErrors(SeriesState):
    """Forecasts for one horizon `steps` ahead, noted every `stride` steps. The last of the views is what was
    said.
    """

    steps: int
    stride: int
    memory: float  # judged forecasts
    made: Floats  # (notes, n_views + 1, n)
    error: Floats  # (n_views + 1, n) mean absolute errors
    count: Floats  # (n_views + 1, n)
    shape: Floats  # (n_quantiles, n) quantiles of the errors of what was said, in their mean absolute size

    @classmethod
    def fresh(cls, n: int, views: int, horizon: int, settings: Settings) -> Self:
        steps = max(1, round(horizon / settings.step))
        stride = -(-steps // _NOTES)
        shape = (-(-steps // stride) + 1, views + 1, n)
        zero = np.zeros(shape[1:])
        memory = max(20.0, _MEMORY_DAYS * settings.season / stride)
        return cls(
            steps,
            stride,
            memory,
            np.full(shape, np.nan),
            zero,
            zero.copy(),
            _MEAN_TO_DEVIATION * _normal(settings.quantiles) + np.zeros(n),
        )

    def judge(self, values: Floats, tick: int, quantiles: tuple[float, ...]) -> None:
        """The values (n,) of step `tick` came in, NaN = missing."""
        if tick % self.stride == 0:  # forecasts of a step that is left out would stand from the round before
            self.made[tick // self.stride % len(self.made)] = np.nan
        made = tick - self.steps
        if made % self.stride:
            return
        forecasts = self.made[made // self.stride % len(self.made)]
        kernel.judge(values, forecasts, self.memory, np.array(quantiles), self.error, self.count, self.shape)

    def choose(self, views: Floats, usual: NDArray[np.intp]) -> Floats:
        """What to say (n,) of `views` (n_views, n; NaN = none): the first of the best; `usual` (n,) while
        unjudged.
        """
        said = np.empty(len(usual))
        kernel.choose(views, usual, self.error, self.count, said)
        return said

    def note(self, views: Floats, said: Floats, tick: int, seen: NDArray[np.bool_]) -> None:
        """Remember the forecasts made at step `tick`, one to note, by the series that were `seen`."""
        kernel.note(views, said, seen.view(np.uint8), self.made[tick // self.stride % len(self.made)])

    def spread(self, deviation: Floats, quantiles: tuple[float, ...]) -> Floats:
        """Quantiles of the error (n_quantiles, n), ascending; by a normal `deviation` (n,) while unjudged."""
        out = np.empty((len(quantiles), len(deviation)))
        kernel.spread(deviation, _normal(quantiles)[:, 0].copy(), self.error, self.count, self.shape, out)
        return out


def _normal(quantiles: tuple[float, ...]) -> Floats:
    """The quantiles of the normal law as a column."""
    return np.array([[normal_quantile(q)] for q in quantiles])


@dataclass
class Forecasts(SeriesState):
    """The horizons of a batch of series, in the order of the settings."""

    settings: Settings
    horizons: tuple[HorizonErrors, ...]
    mean: Floats  # (n,) running mean of some days
    count: Floats  # (n,)
    seen: NDArray[np.bool_]  # (n,) at the last step

    @classmethod
    def fresh(cls, n: int, settings: Settings) -> Self:
        horizons = tuple(
            HorizonErrors.fresh(n, len(VIEWS), horizon, settings) for horizon in settings.horizons
        )
        return cls(settings, horizons, np.zeros(n), np.zeros(n), np.zeros(n, dtype=bool))

    def observe(self, values: Floats, tick: int) -> None:
        """Take in the values (n,) of step `tick`, NaN = missing."""
        self.seen = np.isfinite(values)
        kernel.average(values, _MEAN_DAYS * self.settings.season, self.mean, self.count)
        for horizon in self.horizons:
            horizon.judge(values, tick, self.settings.quantiles)

    def note(self, baseline: Baseline, exhaustion: Exhaustion, straight: Straight | None, tick: int) -> None:
        """Remember what is foreseen at step `tick`, the last one seen; the straight views are of all series
        with a trend at least, None if there are none.
        """
        for horizon in self.horizons:
            if tick % horizon.stride == 0:
                views, said = self._foreseen(baseline, exhaustion, straight, tick, horizon)
                horizon.note(views, said, tick, self.seen)

    def outlook(self, baseline: Baseline, exhaustion: Exhaustion, straight: Straight, tick: int) -> Floats:
        """Quantiles at each horizon (n_horizons, n_quantiles, n), from step `tick` on, the last one seen."""
        deviation, out = baseline.deviation(), []
        for horizon in self.horizons:
            _, said = self._foreseen(baseline, exhaustion, straight, tick, horizon)
            wander = np.sqrt(1.0 + baseline.plain.model.alpha**2 * (horizon.steps - 1))
            out.append(said + horizon.spread(deviation * wander, self.settings.quantiles))
        return np.stack(out)

    def _foreseen(
        self,
        baseline: Baseline,
        exhaustion: Exhaustion,
        straight: Straight | None,
        tick: int,
        horizon: HorizonErrors,
    ) -> tuple[Floats, Floats]:
        """The views (n_views, n) of a horizon, and what to say (n,)."""
        views = np.empty((len(VIEWS), len(self.mean)))
        baseline.foresee(tick, horizon.steps, views[_OF_BASELINE])
        exhaustion.foresee(straight, tick, horizon.steps, views[_OF_EXHAUSTION])
        views[-1] = np.where(self.count > 0, self.mean, np.nan)
        views = baseline.within_reach(views)
        trend = VIEWS.index("trend")
        usual = np.where(np.isfinite(views[trend]), trend, _BY_MEMBER[baseline.chosen])
        return views, horizon.choose(views, usual)
