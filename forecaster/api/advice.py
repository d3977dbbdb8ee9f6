"""The API resources of advisers: their outputs are the fields of the rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from forecaster.advice import compare
from forecaster.advice.growth import WEEK
from forecaster.advice.registry import ITEM_ADVISERS
from forecaster.api import row
from forecaster.api.filters import MATCH, chosen
from forecaster.api.paging import PAGING, part
from forecaster.api.resource import ApiResource, Parameter
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
from forecaster.view.rollups import DAYS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

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


def resource_of(
    adviser: Adviser,
    advice: Advice[T],
    asked: Callable[[Fresh, Query], Sequence[T]] | None = None,
    parameters: tuple[Parameter, ...] = (),
) -> ApiResource:
    """The resource of an adviser; `asked` gives its items where further parameters choose them."""
    table = fields(advice)

    def read(fresh: Fresh, query: Query) -> dict[str, Any]:
        selectors = chosen(query, ()).selectors
        own = [each for each in selectors if not each.resource]  # rows are of things, not of a resource

        def wanted(item: T) -> bool:
            labels = dict(advice.labels(item))
            return not selectors or any(each.matches(labels) for each in own)

        items = advice.given(fresh) if asked is None else asked(fresh, query)
        found = list(filter(wanted, items))
        return {"total": len(found), advice.name: [row.row(table, item) for item in part(found, query)]}

    return ApiResource(
        advice.path,
        adviser.title,
        advice.help,
        read,
        record({"total": COUNT, advice.name: many(row.schema(table))}),
        (*parameters, MATCH, *PAGING),
        rows=lambda data: data[advice.name],
    )


def _periods(fresh: Fresh, query: Query) -> Sequence[compare.Change]:
    """The changes between the periods that are asked for."""
    days = query.integer(PERIOD.name, WEEK, least=SHORTEST, most=LONGEST)
    back = query.integer(BACK.name, days, least=SHORTEST, most=DAYS - SHORTEST)
    return compare.changes(fresh.view.rollups, compare.Periods(days, max(days, back)))


SHORTEST, LONGEST = 5, 14  # days of a period: fewer say too little of the scatter; two fit into four weeks
PERIOD = Parameter(
    "days",
    "how many days each period has",
    schema={"type": "integer", "minimum": SHORTEST, "maximum": LONGEST, "default": WEEK},
)
BACK = Parameter(
    "back",
    "how many days before now the earlier period ended; at least `days`, which it is without it",
    schema={"type": "integer", "minimum": SHORTEST, "maximum": DAYS - SHORTEST},
)
CHOSEN: Mapping[str, tuple[Callable[[Fresh, Query], Sequence[Any]], tuple[Parameter, ...]]] = {
    compare.ADVISER.name: (_periods, (PERIOD, BACK)),
}
"""Advisers whose items further parameters choose."""
RESOURCES: tuple[ApiResource, ...] = tuple(
    resource_of(each, each.advice, *CHOSEN.get(each.name, ())) for each in ITEM_ADVISERS
)
