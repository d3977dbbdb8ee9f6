"""Accuracy of one resource: the engine's figures and the baselines', horizon by horizon."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from forecaster.backtest import baselines
from forecaster.backtest.accuracy import (
    Accuracy,
    Bin,
    Prediction,
    alarm_episodes,
    coverage,
    lead_times,
    measure,
    pinball,
    reliability,
    series_weeks,
)
from forecaster.backtest.events import Clock, Protocol
from forecaster.backtest.judged import Judged, run
from forecaster.engine.engine import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from forecaster.backtest.history import History
    from forecaster.config.model import Config
    from forecaster.config.resource import Resource

    Floats = NDArray[np.float64]

OURS = "virtcast"
WARM_UP_DAYS, WARM_UP_SHARE = 7, 0.25  # the lesser teaches and is not judged


class Quantiles(NamedTuple):
    """Forecast quantiles against what came: the mean pinball loss in the values' own unit, and the share
    inside the outer two, NaN for a method that tells a point.
    """

    pinball: float
    coverage: float


@dataclass(frozen=True)
class Ahead:
    """One horizon: how many instants and events it was judged on, and each method's figures."""

    label: str
    seconds: int
    instants: int
    events: int
    base_rate: float
    methods: dict[str, Accuracy]
    forecasts: dict[str, Quantiles]
    reliability: list[Bin]


@dataclass(frozen=True)
class Anomalies:
    """What the anomaly score would have told: alarms (an hour without one ends an alarm) and the band."""

    alarms: int
    series_weeks: float
    inside_band: float

    @property
    def alarms_per_week(self) -> float:
        """Alarms per series-week."""
        return self.alarms / self.series_weeks if self.series_weeks else math.nan


@dataclass(frozen=True)
class Report:
    """One resource. `history`, `judged` and `warm_up` (steps) are there for plots; `events` (k, 2) are the
    row and column of each.
    """

    resource: Resource
    history: History
    judged: Judged
    clock: Clock
    warm_up: int
    events: NDArray[np.intp]
    horizons: list[Ahead]
    anomalies: Anomalies
    levels: tuple[float, ...] = field(default=Settings.quantiles)


def judge(resource: Resource, history: History, config: Config, progress: Callable[[float], None]) -> Report:
    """Run the engine over the history and compare."""
    clock = Clock(config.step, config.day)
    steps = history.values.shape[1]
    warm_up = min(clock.steps(WARM_UP_DAYS * config.day), int(steps * WARM_UP_SHARE))
    limits = np.array([bound.limit for bound in history.bounds])
    limits[np.isinf(limits)] = np.nan
    ahead = tuple(each.seconds for each in resource.horizons)
    settings = Settings(step=config.step, day=config.day, horizons=ahead, lower_limit=resource.falls)
    protocol = Protocol.of(_rising(resource, history.values), _rising(resource, limits), clock, warm_up)
    judged = run(history, settings, protocol.columns, progress)
    horizons = [
        _ahead(resource, history, protocol, judged, number)
        for number, horizon in enumerate(resource.horizons)
        if clock.steps(horizon.seconds) < steps - warm_up
    ]
    anomalies = _anomalies(history, judged, clock, warm_up)
    return Report(resource, history, judged, clock, warm_up, protocol.events, horizons, anomalies)


def _ahead(resource: Resource, history: History, protocol: Protocol, judged: Judged, number: int) -> Ahead:
    label, seconds = resource.horizons[number]
    labels, known = protocol.label(seconds)
    ours = judged.probability[number]
    cuts = np.array([bound.threshold for bound in history.bounds])
    said = {
        OURS: Prediction(ours, ours),
        **baselines.exhaustion(_rising(resource, history.values), protocol, seconds),
    }
    rate = float(labels[known].mean()) if known.any() else math.nan
    return Ahead(
        label,
        seconds,
        int(known.sum()),
        lead_times(protocol, seconds, known, known)[1],
        rate,
        {name: measure(protocol, seconds, each, cuts) for name, each in said.items()} if known.any() else {},
        _forecasts(history.values, protocol, judged.forecast[number], seconds),
        reliability(labels[known], np.clip(np.nan_to_num(ours[known]), 0, 1)),
    )


def _rising(resource: Resource, values: Floats) -> Floats:
    """Values or limits as the protocol and its baselines take them: those that fall to a limit, mirrored."""
    return -values if resource.falls else values


def _forecasts(values: Floats, protocol: Protocol, ours: Floats, seconds: int) -> dict[str, Quantiles]:
    """Quantile figures over the same cells for every method: those where all of them say something."""
    clock, columns, levels = protocol.clock, protocol.columns, Settings.quantiles
    target = columns + clock.steps(seconds)
    inside = target < values.shape[1]
    came = np.where(inside, values[:, np.minimum(target, values.shape[1] - 1)], np.nan)
    said: Mapping[str, Floats] = {
        OURS: ours,
        **baselines.forecast(values, columns, clock, seconds, levels),
    }
    everywhere = np.logical_and.reduce([np.isfinite(each).all(axis=-1) for each in said.values()])
    came = np.where(everywhere, came, np.nan)
    points = {baselines.LINEAR, baselines.NAIVE}
    return {
        name: Quantiles(
            pinball(came, each, levels),
            math.nan if name in points else coverage(came, each[..., 0], each[..., -1]),
        )
        for name, each in said.items()
        if np.isfinite(came).any()
    }


def _anomalies(history: History, judged: Judged, clock: Clock, warm_up: int) -> Anomalies:
    late = slice(warm_up, None)
    values = history.values[:, late]
    alarms = alarm_episodes(judged.score[:, late] >= 1, clock.hour)
    inside = coverage(
        values, judged.lower[:, late].astype(np.float64), judged.upper[:, late].astype(np.float64)
    )
    return Anomalies(alarms, series_weeks(int(np.isfinite(values).sum()), clock.step, clock.day), inside)
