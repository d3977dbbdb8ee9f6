"""GET /api/v1/alerts: the alerts that Alertmanager notified of, those that fire first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from forecaster.alerts.event import STATUSES
from forecaster.alerts.feedback import LASTS, of_series
from forecaster.api import row
from forecaster.api.filters import MATCH, fits, selectors
from forecaster.api.paging import PAGING, part
from forecaster.api.resource import ApiResource, Parameter
from forecaster.api.row import Field
from forecaster.api.schema import COUNT, LABELS, NUMBER, NUMBER_OR_NULL, TEXT, many, one_of, record

if TYPE_CHECKING:
    from exporter.web.query import Query
    from forecaster.alerts.feedback import Lesson
    from forecaster.alerts.history import Record
    from forecaster.alerts.silence import Silence
    from forecaster.view.view import AlertsView, Fresh

PATH = "/api/v1/alerts"
ALL = "all"
STATUS = Parameter(
    "status",
    "only the alerts that fire, or those that are resolved",
    schema={**one_of(*STATUSES, ALL), "default": ALL},
)
SILENCE: tuple[Field[Silence], ...] = (
    Field("id", TEXT, "Alertmanager's name of it.", lambda of: of.id),
    Field("created_by", TEXT, "Who set it.", lambda of: of.created_by),
    Field("comment", TEXT, "Why.", lambda of: of.comment),
    Field("starts_at", NUMBER, "When it began, Unix seconds.", lambda of: of.starts_at),
    Field("ends_at", NUMBER, "When it ends or ended.", lambda of: of.ends_at),
)
LESSON: tuple[Field[Lesson], ...] = (
    Field("tag", one_of(*LASTS), "What was taught.", lambda of: of.tag),
    Field("until", NUMBER, "When it is forgotten, Unix seconds.", lambda of: of.until),
    Field("silence", TEXT, "The silence that taught it.", lambda of: of.silence.id),
)


class Told(NamedTuple):
    """An alert, the silences that match it, and what they taught about its series."""

    record: Record
    silences: list[Silence]
    lessons: list[Lesson]


FIELDS: tuple[Field[Told], ...] = (
    Field("alert", TEXT, "The name of the alert.", lambda of: of.record.name),
    Field("status", one_of(*STATUSES), "Whether it fires or is resolved.", lambda of: of.record.status),
    Field("labels", LABELS, "Its labels.", lambda of: dict(of.record.labels)),
    Field(
        "annotations",
        LABELS,
        "Its texts and links, as they were last.",
        lambda of: dict(of.record.annotations),
    ),
    Field("starts_at", NUMBER, "When it began to fire, Unix seconds.", lambda of: of.record.starts_at),
    Field(
        "ends_at", NUMBER_OR_NULL, "When it was resolved; null while it fires.", lambda of: of.record.ends_at
    ),
    Field("first_at", NUMBER, "When the first notification of it came.", lambda of: of.record.first_at),
    Field("last_at", NUMBER, "When the latest notification of it came.", lambda of: of.record.last_at),
    Field("notifications", COUNT, "How many notifications of it came.", lambda of: of.record.notifications),
    Field(
        "receivers",
        many(TEXT),
        "Alertmanager's receivers they were for.",
        lambda of: list(of.record.receivers),
    ),
)


def read(fresh: Fresh, query: Query) -> dict[str, Any]:
    """The alerts that are asked for."""
    status = query.choice(STATUS.name, (*STATUSES, ALL), ALL)
    wanted = selectors(query)
    found = [
        each
        for each in fresh.alerts.history.latest()
        if status in (each.status, ALL) and fits(wanted, each.labels)
    ]
    shown = [_told(each, fresh.alerts) for each in part(found, query)]
    return {"total": len(found), "alerts": [row.row(FIELDS, each) for each in shown]}


def _told(record: Record, alerts: AlertsView) -> Told:
    labels, series = dict(record.labels), of_series(record)
    return Told(
        record,
        [each for each in alerts.silences if each.matches(labels)],
        [each for each in alerts.lessons if (each.resource, each.labels) == (labels.get("resource"), series)],
    )


RESOURCE = ApiResource(
    PATH,
    "Alerts",
    "The alerts that Alertmanager notified the forecaster of: those that fire first, then the latest. Empty "
    "without --alerts.token-file. match[] takes matchers without the name of a resource.",
    read,
    record({"total": COUNT, "alerts": many(row.schema(FIELDS))}),
    (STATUS, MATCH, *PAGING),
    rows=lambda data: data["alerts"],
)
