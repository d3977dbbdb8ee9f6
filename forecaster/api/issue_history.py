"""GET /api/v1/issue-history: issues from when they were first seen to when they ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from forecaster.advice.signs import KINDS
from forecaster.api import row
from forecaster.api.filters import MATCH, selectors
from forecaster.api.paging import PAGING, part
from forecaster.api.resource import ApiResource
from forecaster.api.row import Field
from forecaster.api.schema import COUNT, LABELS, NUMBER, NUMBER_OR_NULL, TEXT, many, one_of, record

if TYPE_CHECKING:
    from exporter.web.query import Query
    from forecaster.view.remembered import IssueCourse
    from forecaster.view.view import Fresh

FIELDS: tuple[Field[IssueCourse], ...] = (
    Field("id", TEXT, "That of /api/v1/issues.", lambda of: of.id),
    Field("labels", LABELS, "Whose it is.", lambda of: dict(of.labels)),
    Field("kind", one_of(*KINDS), "The most urgent that it was.", lambda of: of.kind),
    Field("text", TEXT, "The reason when it was last seen.", lambda of: of.text),
    Field("first", NUMBER, "When it was first seen, Unix seconds.", lambda of: of.first),
    Field("last", NUMBER, "When it was last seen.", lambda of: of.last),
    Field("ended", NUMBER_OR_NULL, "When it ended; null while it goes on.", lambda of: of.ended),
)


def read(fresh: Fresh, query: Query) -> dict[str, Any]:
    """Those that go on first, then the latest to end."""
    asked = [each for each in selectors(query) if not each.resource]
    found = [
        of
        for of in fresh.view.remembered.issues.values()
        if not query.many(MATCH.name) or any(each.matches(dict(of.labels)) for each in asked)
    ]
    found.sort(key=lambda of: (of.ended is not None, -of.last, of.first, of.id))
    return {"total": len(found), "issues": [row.row(FIELDS, of) for of in part(found, query)]}


RESOURCE = ApiResource(
    "/api/v1/issue-history",
    "Issue history",
    "When each issue was first and last seen; ended ones for 30 days. State on disk keeps it over a restart.",
    read,
    record({"total": COUNT, "issues": many(row.schema(FIELDS))}),
    (MATCH, *PAGING),
    rows=lambda data: data["issues"],
)
