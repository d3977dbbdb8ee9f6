"""GET /api/v1/anomalies: the anomalies with their reasons, and what deviated together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from forecaster.advice.explanation import sentence, strongest
from forecaster.advice.together import groups, onsets
from forecaster.api import row
from forecaster.api.filters import FILTERS, chosen
from forecaster.api.paging import PAGING, part
from forecaster.api.resource import ApiResource
from forecaster.api.row import Field, known
from forecaster.api.schema import COUNT, LABELS, NUMBER, NUMBER_OR_NULL, TEXT, many, one_of, record
from forecaster.engine.anomaly import SIGNS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from exporter.web.query import Query
    from forecaster.advice.together import Group, Onset
    from forecaster.view.rows import Figures, Rows
    from forecaster.view.view import Fresh


class Anomaly(NamedTuple):
    """The anomaly of one series."""

    rows: Rows
    at: int
    figures: Figures

    @property
    def score(self) -> float:
        """0 where the latest value is missing."""
        return float(np.nan_to_num(self.rows.score[self.at]))


FIELDS: tuple[Field[Anomaly], ...] = (
    Field("resource", TEXT, "The resource of the series.", lambda of: of.rows.resource.name),
    Field("labels", LABELS, "The labels of the series.", lambda of: dict(of.rows.labels[of.at])),
    Field("at", COUNT, "The step that this is as of, Unix seconds.", lambda of: of.rows.at),
    Field(
        "score",
        NUMBER,
        "Above 1 the anomaly begins or grows; from 0.9 on it lasts; 0 if the latest value is missing.",
        lambda of: of.score,
    ),
    Field(
        "onset",
        NUMBER,
        "When it began, Unix seconds.",
        lambda of: float(of.rows.outlook.reasons.onset[of.at]),
    ),
    Field("value", NUMBER_OR_NULL, "The latest value.", lambda of: known(of.figures.value)),
    Field("expected", NUMBER_OR_NULL, "The value that was expected.", lambda of: known(of.figures.expected)),
    Field("usual", NUMBER_OR_NULL, "What is usual at this hour.", lambda of: known(of.figures.usual)),
    Field("origin", NUMBER_OR_NULL, "What was normal when it began.", lambda of: known(of.figures.origin)),
    Field("trend_per_hour", NUMBER_OR_NULL, "The change per hour.", lambda of: known(of.figures.trend)),
    Field(
        "season",
        NUMBER_OR_NULL,
        "What the time of the day and the week adds.",
        lambda of: known(of.figures.season),
    ),
    Field(
        "signs",
        record(dict.fromkeys(SIGNS, NUMBER_OR_NULL)),
        "How strong each sign is; 1 is the alarm limit.",
        lambda of: {name: known(sign) for name, sign in zip(SIGNS, of.figures.signs, strict=True)},
    ),
    Field("strongest", one_of(*SIGNS), "The strongest sign.", lambda of: strongest(of.figures)),
    Field("text", TEXT, "The reasons as a sentence.", lambda of: sentence(of.figures)),
)
ONSET = record({"onset": NUMBER, "resource": TEXT, "labels": LABELS})
GROUP = record({"of": LABELS, "first": many(ONSET), "onsets": many(ONSET)})


def read(fresh: Fresh, query: Query) -> dict[str, Any]:
    """The anomalies that are asked for, and the groups that one of them is in, whole."""
    asked = chosen(query, (each.resource.name for each in fresh.view.resources))
    unusual = [rows.take(rows.anomalous) for rows in fresh.rows if rows.anomalous]
    each = _by_score([rows.take(asked.rows(rows)) for rows in unusual])
    together = [
        group
        for group in groups(onsets(unusual))
        if any(asked.series(onset.resource, onset.labels) for onset in group.onsets)
    ]
    return {"total": len(each), **_told(part(each, query), together)}


def anomalies(found: Sequence[Rows]) -> dict[str, Any]:
    """The anomalies that go on, or began within the last hour, the most unusual first, and what deviated
    together. Times are Unix seconds; what is not known is null.
    """
    return _told(_by_score(found), groups(onsets(found)))


def _by_score(found: Sequence[Rows]) -> list[Anomaly]:
    each = (Anomaly(rows, at, rows.figures(at)) for rows in found for at in rows.anomalous)
    return sorted(each, key=lambda anomaly: -anomaly.score)


def _told(each: Sequence[Anomaly], together: Sequence[Group]) -> dict[str, Any]:
    return {
        "anomalies": [row.row(FIELDS, anomaly) for anomaly in each],
        "groups": [_group(group) for group in together],
    }


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
    "Anomalies",
    "The anomalies that last, or began within the last hour, with their reasons; and what deviated together.",
    read,
    record({"total": COUNT, "anomalies": many(row.schema(FIELDS)), "groups": many(GROUP)}),
    (*FILTERS, *PAGING),
    rows=lambda data: data["anomalies"],
)
