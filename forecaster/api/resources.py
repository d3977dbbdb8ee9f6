"""GET /api/v1/resources: what is forecast, and how it is doing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from forecaster.api import row
from forecaster.api.resource import ApiResource
from forecaster.api.row import Field, known
from forecaster.api.schema import (
    BOOLEAN,
    COUNT,
    NUMBER,
    NUMBER_OR_NULL,
    TEXT,
    TEXT_OR_NULL,
    by_name,
    many,
    one_of,
    record,
)
from forecaster.series.state import State

if TYPE_CHECKING:
    from exporter.web.query import Query
    from forecaster.view.view import Fresh, ResourceView

FIELDS: tuple[Field[ResourceView], ...] = (
    Field("name", TEXT, "Its name.", lambda of: of.resource.name),
    Field("title", TEXT, "What pages call it.", lambda of: of.resource.title),
    Field("query", TEXT, "The query that gives its series.", lambda of: of.resource.query),
    Field(
        "unit",
        TEXT,
        "The unit of its values; `ratio` for shares of one, empty if none is said.",
        lambda of: of.resource.unit,
    ),
    Field(
        "limit",
        NUMBER_OR_NULL,
        "The value at which a series counts as exhausted, unless it has its own limit.",
        lambda of: known(of.resource.limit),
    ),
    Field(
        "limit_side",
        one_of("upper", "lower"),
        "Whether values rise or fall to the limit.",
        lambda of: of.resource.limit_side,
    ),
    Field(
        "horizons",
        many(TEXT),
        "How far ahead is forecast.",
        lambda of: [horizon.label for horizon in of.resource.horizons],
    ),
    Field(
        "series",
        record({state.value: COUNT for state in State}),
        "How many series are in each state.",
        lambda of: {state.value: number for state, number in of.counts.items()},
    ),
    Field(
        "excluded",
        by_name(COUNT),
        "By reason: how many series have no forecast because they are left out.",
        lambda of: dict(of.excluded),
    ),
    Field(
        "partial",
        BOOLEAN,
        "Whether the backend called an answer partial: series may be missing.",
        lambda of: of.partial,
    ),
    Field("history_ratio", NUMBER, "The share of the history that has been read.", lambda of: of.progress),
    Field(
        "last_success",
        NUMBER_OR_NULL,
        "The latest step that was read, Unix seconds.",
        lambda of: of.last_success or None,
    ),
    Field("error", TEXT_OR_NULL, "Why the last try failed.", lambda of: of.error or None),
)


def read(fresh: Fresh, _query: Query) -> list[dict[str, Any]]:
    """Every resource, in the order of the configuration."""
    return [row.row(FIELDS, each) for each in fresh.view.resources]


RESOURCE = ApiResource(
    "/api/v1/resources",
    "Resources",
    "What is forecast: query, limit, horizons, series by state, and the error of the last try.",
    read,
    many(row.schema(FIELDS)),
    rows=lambda data: data,
)
