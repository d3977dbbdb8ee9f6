"""The API resources of advisers: their outputs are the fields of the rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence  # noqa: TC003 (a NamedTuple's types are read at run time)
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

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


class Chosen(NamedTuple):
    """What further parameters choose: the items, and a note that says why there can be none."""

    items: Callable[[Fresh, Query], Sequence[Any]]
    parameters: tuple[Parameter, ...]
    note: Callable[[Fresh, Query], str]


def resource_of(adviser: Adviser, advice: Advice[T], asked: Chosen | None = None) -> ApiResource:
    """The resource of an adviser; of `asked`, where further parameters choose its items."""
    table = fields(advice)

    def read(fresh: Fresh, query: Query) -> dict[str, Any]:
        selectors = chosen(query, ()).selectors
        own = [each for each in selectors if not each.resource]  # rows are of things, not of a resource

        def wanted(item: T) -> bool:
            labels = dict(advice.labels(item))
            return not selectors or any(each.matches(labels) for each in own)

        items = advice.given(fresh) if asked is None else asked.items(fresh, query)
        found = list(filter(wanted, items))
        note = {} if asked is None else {"note": asked.note(fresh, query)}
        told = [row.row(table, item) for item in part(found, query)]
        return {"total": len(found), **note, advice.name: told}

    return ApiResource(
        advice.path,
        adviser.title,
        advice.help,
        read,
        record({"total": COUNT, **({"note": TEXT} if asked else {}), advice.name: many(row.schema(table))}),
        (*(asked.parameters if asked else ()), MATCH, *PAGING),
        rows=lambda data: data[advice.name],
    )


def _periods(query: Query) -> compare.Periods:
    """The periods that are asked for."""
    days = query.integer(PERIOD.name, WEEK, least=SHORTEST, most=LONGEST)
    back = query.integer(BACK.name, days, least=SHORTEST, most=DAYS - SHORTEST)
    return compare.Periods(days, max(days, back))


def _changes(fresh: Fresh, query: Query) -> Sequence[compare.Change]:
    """The changes between them."""
    return compare.changes(fresh.view.rollups, _periods(query), fresh.inventory.keys)


def _too_long(fresh: Fresh, query: Query) -> str:
    """Why there can be no changes between them."""
    needed, known = sum(_periods(query)), compare.known_days(fresh.view.rollups)
    return f"{needed} days of the past are needed, {known} are known" if known < needed else ""


SHORTEST, LONGEST = 5, 14  # days of a period: fewer say too little of the scatter; two fit into four weeks
PERIOD = Parameter(
    "days",
    "how many days each period has",
    schema={"type": "integer", "minimum": SHORTEST, "maximum": LONGEST, "default": WEEK},
)
BACK = Parameter(
    "back",
    "how many days before now the earlier period ended; at least `days`, which it is without it. Both"
    f" together reach back {DAYS} days at most: `note` says where that is too little",
    schema={"type": "integer", "minimum": SHORTEST, "maximum": DAYS - SHORTEST},
)
CHOSEN: Mapping[str, Chosen] = {
    compare.ADVISER.name: Chosen(_changes, (PERIOD, BACK), _too_long),
}
"""Advisers whose items further parameters choose."""
RESOURCES: tuple[ApiResource, ...] = tuple(
    resource_of(each, each.advice, CHOSEN.get(each.name)) for each in ITEM_ADVISERS
)
