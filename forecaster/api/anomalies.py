"""GET /api/v1/anomalies: the anomalies with their reasons, and what deviated together."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.advice.explanation import sentence, strongest
from forecaster.advice.together import groups, onsets
from forecaster.api.filters import RESOURCE as BY_RESOURCE
from forecaster.api.filters import chosen
from forecaster.api.resource import ApiResource
from forecaster.engine.anomaly import SIGNS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from exporter.web.query import Query
    from forecaster.advice.together import Group, Onset
    from forecaster.view.rows import Figures, Rows
    from forecaster.view.view import Fresh


def read(fresh: Fresh, query: Query) -> dict[str, Any]:
    """The anomalies of the resources that are asked for."""
    names = chosen(query, (each.resource.name for each in fresh.view.resources))
    return anomalies([rows for rows in fresh.rows if rows.resource.name in names])


def anomalies(found: Sequence[Rows]) -> dict[str, Any]:
    """The anomalies that go on, or began within the last hour, the most unusual first, and what deviated
    together. Times are Unix seconds; what is not known is null.
    """
    each = [anomaly for rows in found for anomaly in _of(rows)]
    return {
        "anomalies": sorted(each, key=lambda anomaly: -anomaly["score"]),
        "groups": [_group(group) for group in groups(onsets(found))],
    }


def _of(rows: Rows) -> Iterator[dict[str, Any]]:
    score = np.nan_to_num(rows.score)
    for row in rows.anomalous:
        figures = rows.figures(row)
        yield {
            "resource": rows.resource.name,
            "labels": dict(rows.labels[row]),
            "at": rows.at,
            "score": float(score[row]),
            "onset": float(rows.outlook.reasons.onset[row]),
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
    return {**known, "signs": dict(zip(SIGNS, figures.signs, strict=True)), "strongest": strongest(figures)}


def _group(group: Group) -> dict[str, Any]:
    return {
        "of": dict(group.of),
        "first": [_onset(onset) for onset in group.first],
        "onsets": [_onset(onset) for onset in group.onsets],
    }


def _onset(onset: Onset) -> dict[str, Any]:
    return {"onset": onset.at, "resource": onset.resource, "labels": dict(onset.labels)}


RESOURCE = ApiResource(
    "/api/v1/anomalies",
    "Anomalies (JSON)",
    "The anomalies that last, or began within the last hour, with their reasons; and what deviated together.",
    read,
    (BY_RESOURCE,),
)
