"""GET /api/v1/alerts: the alerts that Alertmanager notified of, those that fire first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from forecaster.alerts.event import STATUSES
from forecaster.api import row
from forecaster.api.filters import MATCH, fits, selectors
from forecaster.api.paging import PAGING, part
from forecaster.api.resource import ApiResource, Parameter
from forecaster.api.row import Field
from forecaster.api.schema import COUNT, LABELS, NUMBER, NUMBER_OR_NULL, TEXT, many, one_of, record

if TYPE_CHECKING:
    from exporter.web.query import Query
    from forecaster.alerts.history import Record
    from forecaster.view.view import Fresh

PATH = "/api/v1/alerts"
ALL = "all"
STATUS = Parameter(
    "status",
    "only the alerts that fire, or those that are resolved",
    schema={**one_of(*STATUSES, ALL), "default": ALL},
)
FIELDS: tuple[Field[Record], ...] = (
    Field("alert", TEXT, "The name of the alert.", lambda of: of.name),
    Field("status", one_of(*STATUSES), "Whether it fires or is resolved.", lambda of: of.status),
    Field("labels", LABELS, "Its labels.", lambda of: dict(of.labels)),
    Field("annotations", LABELS, "Its texts and links, as they were last.", lambda of: dict(of.annotations)),
    Field("starts_at", NUMBER, "When it began to fire, Unix seconds.", lambda of: of.starts_at),
    Field("ends_at", NUMBER_OR_NULL, "When it was resolved; null while it fires.", lambda of: of.ends_at),
    Field("first_at", NUMBER, "When the first notification of it came.", lambda of: of.first_at),
    Field("last_at", NUMBER, "When the latest notification of it came.", lambda of: of.last_at),
    Field("notifications", COUNT, "How many notifications of it came.", lambda of: of.notifications),
    Field("receivers", many(TEXT), "Alertmanager's receivers they were for.", lambda of: list(of.receivers)),
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
    return {"total": len(found), "alerts": [row.row(FIELDS, each) for each in part(found, query)]}


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
