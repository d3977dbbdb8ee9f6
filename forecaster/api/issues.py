"""GET /api/v1/issues: what to look at first, now and soon."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from forecaster.advice.issues import Issue, issues_of
from forecaster.advice.signs import GRAVEST, KINDS, Sign
from forecaster.api import row
from forecaster.api.filters import FILTERS, chosen
from forecaster.api.paging import PAGING, part
from forecaster.api.resource import ApiResource
from forecaster.api.row import Field, known
from forecaster.api.schema import COUNT, LABELS, NUMBER_OR_NULL, TEXT, many, one_of, record

if TYPE_CHECKING:
    from exporter.web.query import Query
    from forecaster.api.filters import Chosen
    from forecaster.view.view import Fresh

SIGN: tuple[Field[Sign], ...] = (
    Field("kind", one_of(*KINDS), "What is wrong.", lambda of: of.kind),
    Field("resource", TEXT, "The resource of the series.", lambda of: of.rows.resource.name),
    Field("labels", LABELS, "The labels of the series.", lambda of: dict(of.rows.labels[of.row])),
    Field("at", COUNT, "The step that this is as of, Unix seconds.", lambda of: of.rows.at),
    Field("value", NUMBER_OR_NULL, "The latest value.", lambda of: known(of.rows.values[of.row])),
    Field("limit", NUMBER_OR_NULL, "The limit.", lambda of: known(of.rows.bounds[of.row].limit)),
    Field(
        "exhaustion_seconds",
        NUMBER_OR_NULL,
        "Seconds until the limit is reached, 0 if it is; null if that is not in sight.",
        lambda of: known(of.seconds),
    ),
    Field(
        "anomaly_score",
        NUMBER_OR_NULL,
        "Above 1 the anomaly begins or grows; from 0.9 on it lasts.",
        lambda of: known(of.rows.score[of.row]),
    ),
    Field(
        "confidence",
        NUMBER_OR_NULL,
        "How sure it is, from 0 to 1. A limit that is reached: 1. One that will be: the probability. What is"
        " unusual: the share of series without a fault that come less far in a day.",
        lambda of: known(of.confidence),
    ),
    Field("text", TEXT, "The reason in words.", lambda of: of.text()),
)
FIELDS: tuple[Field[Issue], ...] = (
    Field(
        "resource",
        TEXT,
        "The resource of the most urgent sign; empty without one.",
        lambda of: of.signs[0].rows.resource.name if of.signs else "",
    ),
    Field("kind", one_of(*KINDS), "The most urgent of what is wrong.", lambda of: of.kind),
    Field(
        "severity",
        one_of(*GRAVEST),
        "As of an alert on the same, which may wait until it has lasted.",
        lambda of: of.severity,
    ),
    Field(
        "confidence",
        NUMBER_OR_NULL,
        "That of the most urgent sign; of a neighbour the lower of its share of the rise and its correlation"
        " with what the others lack.",
        lambda of: known(of.confidence),
    ),
    Field(
        "labels", LABELS, "The labels of the VM; of the series if it is of none.", lambda of: dict(of.labels)
    ),
    Field("id", TEXT, "The same as long as it is about the same VM or series.", lambda of: of.id),
    Field("text", TEXT, "The reason in words.", lambda of: of.text()),
    Field("action", TEXT, "What to do next.", lambda of: of.action()),
    Field(
        "cause",
        {**LABELS, "type": ["object", "null"]},
        "The VM on the same host that is the likely cause; null without one.",
        lambda of: None if of.cause is None else dict(of.cause.labels),
    ),
    Field(
        "stopped",
        many(TEXT),
        "The VMs that libvirt paused since writing to it failed; of a VM its own name.",
        lambda of: list(of.stopped),
    ),
    Field(
        "deviated_first",
        {**LABELS, "type": ["object", "null"]},
        "Resource and labels of the series that deviated before all others of it; null where none did.",
        lambda of: None if of.origin is None else _series(of.origin),
    ),
    Field(
        "signs",
        many(row.schema(SIGN)),
        "What is wrong with its series, and with those that it takes from; the most urgent first.",
        lambda of: [row.row(SIGN, sign) for sign in of.signs],
    ),
)


def _series(sign: Sign) -> dict[str, str]:
    return {"resource": sign.rows.resource.name, **dict(sign.rows.labels[sign.row])}


def read(fresh: Fresh, query: Query) -> dict[str, Any]:
    """The issues that are asked for, each as it is among all."""
    asked = chosen(query, (each.resource.name for each in fresh.view.resources))
    found = [each for each in issues_of(fresh) if _is_meant(each, asked)]
    return {"total": len(found), "issues": [row.row(FIELDS, each) for each in part(found, query)]}


def _is_meant(issue: Issue, asked: Chosen) -> bool:
    """Whether what it is about is asked for, a VM that stands still because of it, or a series of it."""
    about = issue.labels, *issue.still
    series = ((sign.rows.resource.name, sign.rows.labels[sign.row]) for sign in issue.signs)
    return any(map(asked.thing, about)) or any(asked.series(*each) for each in series)


def told(fresh: Fresh) -> list[dict[str, Any]]:
    """All issues."""
    return [row.row(FIELDS, each) for each in issues_of(fresh)]


RESOURCE = ApiResource(
    "/api/v1/issues",
    "Issues",
    "What to look at first: limits that are reached or will be, and what is unusual, VM by VM.",
    read,
    record({"total": COUNT, "issues": many(row.schema(FIELDS))}),
    (*FILTERS, *PAGING),
    rows=lambda data: data["issues"],
)
