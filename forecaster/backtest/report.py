"""Accuracy of one resource: the engine run over its dataset as live, and compared with the baselines."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from forecaster.backtest.accuracy import alarm_episodes, coverage, series_weeks
from forecaster.backtest.comparison import Ahead, compare
from forecaster.backtest.events import Clock, Protocol
from forecaster.backtest.judged import Judged, run
from forecaster.backtest.methods.method import Progress, Question, Told, answers
from forecaster.backtest.methods.registry import BASELINES, OURS
from forecaster.engine.engine import Settings

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.backtest.dataset import Dataset
    from forecaster.backtest.reference_comparison import Reference
    from forecaster.config.model import Config
    from forecaster.config.resource import Resource

    Floats = NDArray[np.float64]

WARM_UP_DAYS, WARM_UP_SHARE = 7, 0.25  # the lesser teaches and is not judged


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
    """One resource. `warm_up` is in steps; `cuts` (n,) are the probabilities from which alerts fire; `ours`
    is what the engine answered to the `question`; `reference` is there when its models were asked, too.
    """

    resource: Resource
    dataset: Dataset
    judged: Judged
    warm_up: int
    question: Question
    cuts: Floats
    ours: Told
    horizons: list[Ahead]
    anomalies: Anomalies
    reference: Reference | None = None

    @property
    def clock(self) -> Clock:
        """The steps and the day of its series."""
        return self.question.protocol.clock

    @property
    def events(self) -> NDArray[np.intp]:
        """The row and column (k, 2) of each event that was judged."""
        return self.question.protocol.events

    @property
    def levels(self) -> tuple[float, ...]:
        """The levels of forecast quantiles."""
        return self.question.levels


def judge(resource: Resource, dataset: Dataset, config: Config, progress: Progress) -> Report:
    """Run the engine over the dataset and compare."""
    clock = Clock(config.step, config.day)
    steps = dataset.values.shape[1]
    warm_up = min(clock.steps(WARM_UP_DAYS * config.day), int(steps * WARM_UP_SHARE))
    ahead = tuple(each.seconds for each in resource.horizons)
    settings = Settings(
        step=config.step,
        day=config.day,
        horizons=ahead,
        lower_limit=resource.falls,
        lowest=resource.lowest,
        highest=resource.highest,
    )
    limits = np.array([bound.limit for bound in dataset.bounds])
    limits[np.isinf(limits)] = np.nan
    protocol = Protocol.of(settings.toward * dataset.values, settings.toward * limits, clock, warm_up)
    within = tuple(each for each in resource.horizons if clock.steps(each.seconds) < steps - warm_up)
    question = Question(dataset.values, settings.toward, protocol, within, settings.quantiles)
    judged = run(dataset, settings, protocol.columns, progress)
    ours = _ours(judged, [resource.horizons.index(each) for each in within])
    cuts = np.array([bound.threshold for bound in dataset.bounds])
    horizons = compare(question, {OURS: ours, **answers(BASELINES, question, progress)}, cuts)
    anomalies = _anomalies(dataset, judged, clock, warm_up)
    return Report(resource, dataset, judged, warm_up, question, cuts, ours, horizons, anomalies)


def _ours(judged: Judged, horizons: list[int]) -> Told:
    probability = judged.probability[horizons]
    return Told(probability, probability, judged.forecast[horizons])


def _anomalies(dataset: Dataset, judged: Judged, clock: Clock, warm_up: int) -> Anomalies:
    late = slice(warm_up, None)
    values = dataset.values[:, late]
    alarms = alarm_episodes(judged.score[:, late] >= 1, clock.hour)
    inside = coverage(
        values, judged.lower[:, late].astype(np.float64), judged.upper[:, late].astype(np.float64)
    )
    return Anomalies(alarms, series_weeks(int(np.isfinite(values).sum()), clock.step, clock.day), inside)
