"""The engine: values of many series in, step by step; what comes next out.

Pure and batched: no I/O, no loop over series, O(1) work per series and step (fits once a day), and what it
says at a step depends on that step and those before it only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np

from forecaster.engine import exhaustion
from forecaster.engine.anomaly import AnomalyScore
from forecaster.engine.baseline import Baseline
from forecaster.engine.order_statistics import normal_quantile
from forecaster.engine.outlook import Outlook
from forecaster.engine.settings import Settings
from forecaster.engine.trend import RecentValues, TrendWindow

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["Engine", "Outlook", "Settings"]

_LARGEST = 1e300  # larger magnitudes are held there, so that differences stay finite
_WINDOWS = (0.25, 1.0)  # days, of the trends


class Judgement(NamedTuple):
    """A step's values against what was expected of them, (n,) each."""

    expected: Floats
    lower: Floats
    upper: Floats
    anomaly_score: Floats


@dataclass
class Engine:
    """All models of a batch of series. `last` is the number of the last step seen, None before the first."""

    settings: Settings
    last: int | None
    seen: Floats  # (n,) values so far
    baseline: Baseline
    score: AnomalyScore
    recent: RecentValues
    trends: tuple[TrendWindow, ...]

    @classmethod
    def fresh(cls, n_series: int, settings: Settings) -> Self:
        """Series of which nothing has been seen."""
        return cls(
            settings,
            None,
            np.zeros(n_series),
            Baseline.fresh(n_series, settings),
            AnomalyScore.fresh(n_series, settings),
            RecentValues.fresh(n_series, settings),
            tuple(TrendWindow.fresh(n_series, settings, days) for days in _WINDOWS),
        )

    def take(self, rows: NDArray[np.intp]) -> Self:
        """The series at `rows`, in that order; a copy."""
        models = self.baseline.take(rows), self.score.take(rows), self.recent.take(rows)
        trends = tuple(trend.take(rows) for trend in self.trends)
        return type(self)(self.settings, self.last, self.seen[rows], *models, trends)

    def join(self, other: Self) -> Self:
        """The series of this batch followed by the other's; both have seen the same steps, or one has seen
        none.
        """
        if self.settings != other.settings:
            raise ValueError("batches with different settings cannot join")
        if None not in (self.last, other.last) and self.last != other.last:
            raise ValueError(f"batches at different steps cannot join: {self.last} and {other.last}")
        models = (
            self.baseline.join(other.baseline),
            self.score.join(other.score),
            self.recent.join(other.recent),
        )
        trends = tuple(mine.join(theirs) for mine, theirs in zip(self.trends, other.trends, strict=True))
        seen = np.concatenate((self.seen, other.seen))
        last = other.last if self.last is None else self.last
        return type(self)(self.settings, last, seen, *models, trends)

    def observe(self, values: Floats, timestamp: int, limit: Floats | None = None) -> Outlook:
        """Take in one step and look ahead from it.

        `values` (n,), NaN = missing; `timestamp` Unix seconds, in a later step than the last one (steps left
        out count as missing); `limit` (n,) in the values' unit, NaN or None = none.
        """
        tick = self.settings.tick(timestamp)
        if self.last is not None:
            if tick <= self.last:
                raise ValueError(f"{timestamp} is not in a later step than the last one")
            missing = np.full(len(self.seen), np.nan)
            for skipped in range(self.last + 1, tick):
                self._advance(missing, skipped)
        values = np.where(np.isfinite(values), np.clip(values, -_LARGEST, _LARGEST), np.nan)
        limit = np.full(len(values), np.nan) if limit is None else np.clip(limit, -_LARGEST, _LARGEST)
        return self._outlook(self._advance(values, tick), values, limit, tick)

    def _advance(self, values: Floats, tick: int) -> Judgement:
        """Judge a step's values by the past, then let every model take them in."""
        self.last = tick
        band = self.baseline.band(tick)
        unknown = np.isnan(band[0])  # nothing to judge by: the value itself is all that is known
        expected, lower, upper = (np.where(unknown, values, edge) for edge in band)
        score = self.score.observe(values, expected, tick * self.settings.step)
        self.seen += np.isfinite(values)
        self.baseline.observe(values, tick)
        self.recent.observe(values, tick)
        for trend in self.trends:
            trend.observe(values, tick)
        return Judgement(expected, lower, upper, np.nan_to_num(score))

    def _outlook(self, judgement: Judgement, values: Floats, limit: Floats, tick: int) -> Outlook:
        floor = self.baseline.plain.errors.floor()
        level = exhaustion.view(None, self.recent, tick, floor)
        views = [exhaustion.view(trend, self.recent, tick, floor) for trend in self.trends]
        reached = np.isfinite(limit) & (values >= limit)
        probability = exhaustion.combine([exhaustion.probability([level, *views], limit, self.settings)])
        seconds = exhaustion.seconds_left(views, limit, self.settings)
        sooner = [
            exhaustion.seconds_left(views, limit, self.settings, -2.0 * normal_quantile(q))
            for q in self.settings.quantiles
        ]
        return Outlook(
            **judgement._asdict(),
            exhaustion_seconds=np.where(reached, 0.0, seconds),
            exhaustion_quantiles=np.where(reached, 0.0, np.stack(sooner)),
            probability=np.where(reached, 1.0, probability),
            forecast=self._forecast(views, tick),
            ready=self.seen >= self.settings.steps(0.25) * 0.75,
        )

    def _forecast(self, views: list[exhaustion.View], tick: int) -> Floats:
        """Quantiles at each horizon (n_horizons, n_quantiles, n)."""
        settings, baseline = self.settings, self.baseline
        season = baseline.uses_season()
        sizes = np.array([normal_quantile(q) for q in settings.quantiles])
        out = []
        for horizon in settings.horizons:
            steps = max(1, round(horizon / settings.step))
            models = (baseline.seasonal.model, baseline.plain.model)
            centre = np.where(season, *(model.ahead(steps, tick + steps) for model in models))
            alpha = np.where(season, *(model.alpha for model in models))
            for view in views:
                centre = np.where(view.usable & ~season, view.level + view.slope * steps, centre)
            spread = baseline.deviation() * np.sqrt(1.0 + alpha * alpha * (min(steps, settings.season) - 1))
            out.append(centre + sizes[:, None] * spread)
        return np.stack(out)
