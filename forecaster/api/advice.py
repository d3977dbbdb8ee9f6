"""The API resources of advisers: their outputs are the fields of the rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from forecaster.advice.registry import ITEM_ADVISERS
from forecaster.api import row
from forecaster.api.filters import MATCH, chosen
from forecaster.api.paging import PAGING, part
from forecaster.api.resource import ApiResource
from forecaster.api.row import Field
from forecaster.api.schema import (
    COUNT,
    LABELS,
    NUMBER,
    NUMBER_OR_NULL,
    TEXT,
    by_name,
    many,
    record,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from exporter.web.query import Query
    from forecaster.advice.finding import Adviser
    from forecaster.advice.output import Advice
    from forecaster.api.schema import Schema
    from forecaster.view.view import Fresh

T = TypeVar("T")

SCHEMAS: Mapping[str, Schema] = {
    "text": TEXT,
    "number": NUMBER_OR_NULL,
    "count": COUNT,
    "texts or null": {**many(TEXT), "type": ["array", "null"]},
    "numbers": by_name(NUMBER),
}


def fields(advice: Advice[T]) -> tuple[Field[T], ...]:
    """The fields of a row: what it is about, and the outputs."""
    return (
        Field("labels", LABELS, "What it is about.", lambda of: dict(advice.labels(of))),
        *(Field(each.name, SCHEMAS[each.kind], each.help, each.read) for each in advice.outputs),
    )


def resource_of(adviser: Adviser, advice: Advice[T]) -> ApiResource:
    """The resource of an adviser."""
    table = fields(advice)

    def read(fresh: Fresh, query: Query) -> dict[str, Any]:
        selectors = chosen(query, ()).selectors
        own = [each for each in selectors if not each.resource]  # rows are of things, not of a resource

        def wanted(item: T) -> bool:
            labels = dict(advice.labels(item))
            return not selectors or any(each.matches(labels) for each in own)

        found = list(filter(wanted, advice.given(fresh)))
        return {"total": len(found), advice.name: [row.row(table, item) for item in part(found, query)]}

    return ApiResource(
        advice.path,
        adviser.title,
        advice.help,
        read,
        record({"total": COUNT, advice.name: many(row.schema(table))}),
        (MATCH, *PAGING),
        rows=lambda data: data[advice.name],
    )


RESOURCES: tuple[ApiResource, ...] = tuple(resource_of(each, each.advice) for each in ITEM_ADVISERS)
