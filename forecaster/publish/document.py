"""What the page says of anomalies, for programs: a JSON document."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.advice.explanation import sentence
from forecaster.advice.together import groups
from forecaster.engine.anomaly import SIGNS
from forecaster.publish.gauges import known_score
from forecaster.publish.unusual import figures_of, onsets
from forecaster.series import State

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from forecaster.advice.explanation import Figures
    from forecaster.advice.together import Group, Onset
    from forecaster.publish.view import Forecasts, ResourceView


def anomalies(fresh: Sequence[tuple[ResourceView, Forecasts]]) -> dict[str, Any]:
    """The anomalies that go on, or began within the last hour, the most unusual first, and what deviated
    together. Times are Unix seconds; what is not known is null.
    """
    found = [each for pair in fresh for each in _of(*pair)]
    return {
        "anomalies": sorted(found, key=lambda each: -each["score"]),
        "groups": [_group(group) for group in groups(onsets(fresh))],
    }


def _of(each: ResourceView, forecasts: Forecasts) -> Iterator[dict[str, Any]]:
    score, began = np.nan_to_num(known_score(forecasts)), forecasts.outlook.reasons.onset
    for row in np.flatnonzero(np.isfinite(began)):
        labels = forecasts.labels[row]
        if each.states.get(labels) is not State.READY:
            continue
        figures = figures_of(each, forecasts, int(row))
        yield {
            "resource": each.resource.name,
            "labels": dict(labels),
            "at": forecasts.at,
            "score": float(score[row]),
            "onset": float(began[row]),
            **_reasons(figures),
            "text": sentence(figures),
        }


def _reasons(figures: Figures) -> dict[str, Any]:
    told = {
        "value": figures.value,
        "expected": figures.expected,
        "usual": figures.usual,
        "origin": figures.origin,
        "trend_per_hour": figures.trend,
        "season": figures.season,
    }
    known = {name: value if math.isfinite(value) else None for name, value in told.items()}
    return {**known, "signs": dict(zip(SIGNS, figures.signs, strict=True)), "strongest": figures.strongest}


def _group(group: Group) -> dict[str, Any]:
    return {
        "of": dict(group.of),
        "first": [_onset(onset) for onset in group.first],
        "onsets": [_onset(onset) for onset in group.onsets],
    }


def _onset(onset: Onset) -> dict[str, Any]:
    return {"onset": onset.at, "resource": onset.resource, "labels": dict(onset.labels)}
