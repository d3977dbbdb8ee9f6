"""Methods compared horizon by horizon, all of them over the same instants."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from forecaster.backtest.accuracy import (
    Accuracy,
    Bin,
    Prediction,
    coverage,
    lead_times,
    measure,
    pinball,
    reliability,
)
from forecaster.backtest.methods.registry import OURS, POINTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from forecaster.backtest.methods.method import Question, Told

    Floats = NDArray[np.float64]


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
    reliability: list[Bin]  # of the engine


def compare(question: Question, told: Mapping[str, Told], cuts: Floats) -> list[Ahead]:
    """The figures of each method, the engine among them; `cuts` (n,) are the probabilities that alarm."""
    return [_ahead(question, told, cuts, number) for number in range(len(question.horizons))]


def _ahead(question: Question, told: Mapping[str, Told], cuts: Floats, number: int) -> Ahead:
    protocol, (label, seconds) = question.protocol, question.horizons[number]
    labels, known = protocol.label(seconds)
    said = {
        name: Prediction(each.probability[number], each.score[number])
        for name, each in told.items()
        if known.any()
    }
    ours = told[OURS].probability[number]
    return Ahead(
        label,
        seconds,
        int(known.sum()),
        lead_times(protocol, seconds, known, known)[1],
        float(labels[known].mean()) if known.any() else math.nan,
        {name: measure(protocol, seconds, each, cuts) for name, each in said.items()},
        _forecasts(question, {name: each.forecast[number] for name, each in told.items()}, seconds),
        reliability(labels[known], np.clip(np.nan_to_num(ours[known]), 0, 1)),
    )


def _forecasts(question: Question, said: Mapping[str, Floats], seconds: int) -> dict[str, Quantiles]:
    """Quantile figures where all methods say something."""
    values, columns, levels = question.values, question.protocol.columns, question.levels
    target = columns + question.protocol.clock.steps(seconds)
    inside = target < values.shape[1]
    came = np.where(inside, values[:, np.minimum(target, values.shape[1] - 1)], np.nan)
    everywhere = np.logical_and.reduce([np.isfinite(each).all(axis=-1) for each in said.values()])
    came = np.where(everywhere, came, np.nan)
    return {
        name: Quantiles(
            pinball(came, each, levels),
            math.nan if name in POINTS else coverage(came, each[..., 0], each[..., -1]),
        )
        for name, each in said.items()
        if np.isfinite(came).any()
    }
