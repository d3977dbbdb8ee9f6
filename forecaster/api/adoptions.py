"""GET /api/v1/adoptions: recommended sizes that VMs were given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from forecaster.api import row
from forecaster.api.paging import PAGING, part
from forecaster.api.resource import ApiResource
from forecaster.api.row import Field
from forecaster.api.schema import COUNT, LABELS, NUMBER, TEXT, many, record

if TYPE_CHECKING:
    from exporter.web.query import Query
    from forecaster.view.remembered import Adoption
    from forecaster.view.view import Fresh

FIELDS: tuple[Field[Adoption], ...] = (
    Field("labels", LABELS, "The VM.", lambda of: dict(of.labels)),
    Field("part", TEXT, "cpu (virtual CPUs) or memory (bytes).", lambda of: of.part),
    Field("before", NUMBER, "What it had.", lambda of: of.before),
    Field("recommended", NUMBER, "What was recommended.", lambda of: of.recommended),
    Field("after", NUMBER, "What it has been given.", lambda of: of.after),
    Field("since", NUMBER, "Since when it was recommended, Unix seconds.", lambda of: of.since),
    Field("at", NUMBER, "When it was seen to have been given.", lambda of: of.at),
)


def read(fresh: Fresh, query: Query) -> dict[str, Any]:
    """The latest first."""
    found = fresh.view.remembered.adoptions[::-1]
    return {"total": len(found), "adoptions": [row.row(FIELDS, of) for of in part(found, query)]}


RESOURCE = ApiResource(
    "/api/v1/adoptions",
    "Adopted recommendations",
    "The last hundred VMs that were given at least half of a recommended change of size.",
    read,
    record({"total": COUNT, "adoptions": many(row.schema(FIELDS))}),
    PAGING,
    rows=lambda data: data["adoptions"],
)
