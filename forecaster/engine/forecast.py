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
_MEAN_DAYS = 3.0
_NOTES = 24  # forecasts noted to a horizon, at most
_MEMORY_DAYS = 7.0  # of the views' errors; of those of what was said a third
_JUDGED = 8  # forecasts, before a view's errors say anything
_AS_GOOD = 1.02  # errors of views that are about equally right: the plainer one speaks
_PACE = 0.05  # of the quantiles, in mean absolute errors per judged forecast
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
        off = values - self.made[made // self.stride % len(self.made)]
        seen = np.isfinite(off)
        self.count += seen
        least = np.full((len(off), 1), 1.0 / self.memory)
        least[-1] *= 3
        rate = np.where(seen, np.maximum(1.0 / np.maximum(self.count, 1.0), least), 0.0)
        self.error += rate * (np.abs(np.where(seen, off, 0.0)) - self.error)
        known = seen[-1] & (self.count[-1] > _JUDGED)
        for row, q in enumerate(quantiles):
            under = off[-1] <= self.shape[row] * self.error[-1]
            self.shape[row] += np.where(known, _PACE * (q - under), 0.0)

    def choose(self, views: Floats, usual: NDArray[np.intp]) -> Floats:
        """What to say (n,) of `views` (n_views, n; NaN = none): the first of the best; `usual` (n,) while
        unjudged.
        """
        error = np.where((self.count[:-1] >= _JUDGED) & np.isfinite(views), self.error[:-1], np.inf)
        least = error.min(axis=0)
        best = np.where(np.isfinite(least), np.argmax(error <= _AS_GOOD * least, axis=0), usual)
        said: Floats = views[best, np.arange(len(best))]
        return said

    def note(self, views: Floats, said: Floats, tick: int, seen: NDArray[np.bool_]) -> None:
        """Remember the forecasts made at step `tick`, one to note, by the series that were `seen`."""
        noted = np.where(seen, np.concatenate((views, said[None])), np.nan)
        self.made[tick // self.stride % len(self.made)] = noted

    def spread(self, deviation: Floats, quantiles: tuple[float, ...]) -> Floats:
        """Quantiles of the error (n_quantiles, n), ascending; by a normal `deviation` (n,) while unjudged."""
        known = self.count[-1] >= _JUDGED
        offsets = np.where(known, self.shape * self.error[-1], _normal(quantiles) * deviation)
        ordered: Floats = np.sort(offsets, axis=0)
        return ordered


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
        self.seen = seen = np.isfinite(values)
        self.count += seen
        rate = 1.0 / np.minimum(np.maximum(self.count, 1.0), _MEAN_DAYS * self.settings.season)
        self.mean += np.where(seen, rate * (values - self.mean), 0.0)
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
        settings, n = self.settings, len(self.mean)
        ahead = horizon.steps * settings.step
        rise = np.full(n, np.nan) if straight is None else straight.carried(ahead, settings.day, n)
        views = baseline.within_reach(self._views(baseline, exhaustion, rise, tick, horizon.steps))
        member = _BY_MEMBER[baseline.chosen]
        return views, horizon.choose(views, np.where(np.isfinite(rise), VIEWS.index("trend"), member))

    def _views(
        self, baseline: Baseline, exhaustion: Exhaustion, rise: Floats, tick: int, steps: int
    ) -> Floats:
        level, season, week = baseline.along(tick + steps)
        toward = self.settings.toward
        views = {
            "level": level,
            "damped": baseline.plain.model.ahead(steps, tick + steps),
            "season": season,
            "week": week,
            "trend": toward * rise,
            "days": toward * exhaustion.foretold(tick, steps),
            "mean": np.where(self.count > 0, self.mean, np.nan),
        }
        return np.stack([views[name] for name in VIEWS])
