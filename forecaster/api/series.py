"""GET /api/v1/series: every series that is known, its state, and what it is judged against."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from forecaster.api import row
from forecaster.api.filters import FILTERS, chosen, fits
from forecaster.api.paging import PAGING, part
from forecaster.api.resource import ApiResource
from forecaster.api.row import Field, known
from forecaster.api.schema import COUNT, LABELS, NUMBER_OR_NULL, TEXT, many, one_of, record
from forecaster.series.state import State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.web.query import Query
    from forecaster.config.bounds import Bounds
    from forecaster.series.labels import Labels
    from forecaster.view.view import Fresh


class Series(NamedTuple):
    """A series that is known; `bounds` are those of a series that is ready."""

    resource: str
    labels: Labels
    state: State
    bounds: Bounds | None = None

    def bound(self, name: str) -> float | None:
        """What it is judged against."""
        return None if self.bounds is None else known(getattr(self.bounds, name))


FIELDS: tuple[Field[Series], ...] = (
    Field("resource", TEXT, "The resource it belongs to.", lambda of: of.resource),
    Field("labels", LABELS, "Its labels.", lambda of: dict(of.labels)),
    Field(
        "state",
        one_of(*State),
        "What can be said of it; only ready series have forecasts.",
        lambda of: of.state.value,
    ),
    Field(
        "limit",
        NUMBER_OR_NULL,
        "The value at which it counts as exhausted.",
        lambda of: of.bound("limit"),
    ),
    Field(
        "threshold",
        NUMBER_OR_NULL,
        "The exhaustion probability at which alerts fire.",
        lambda of: of.bound("threshold"),
    ),
    Field(
        "anomaly_threshold",
        NUMBER_OR_NULL,
        "How unusual a value must be for the score to be 1.",
        lambda of: of.bound("anomaly_threshold"),
    ),
    Field(
        "min_deviation",
        NUMBER_OR_NULL,
        "The smallest distance from the expected value at which an anomaly begins, in the series' unit.",
        lambda of: of.bound("min_deviation"),
    ),
)


def read(fresh: Fresh, query: Query) -> dict[str, Any]:
    """The series that are asked for, resource by resource."""
    found = list(_found(fresh, query))
    bounds = _bounds(fresh)
    shown = (each._replace(bounds=bounds.get((each.resource, each.labels))) for each in part(found, query))
    return {"total": len(found), "series": [row.row(FIELDS, each) for each in shown]}


def _found(fresh: Fresh, query: Query) -> Iterator[Series]:
    asked = chosen(query, (each.resource.name for each in fresh.view.resources))
    for each in fresh.view.resources:
        selectors = asked.of(each.resource.name)
        if selectors is not None:
            for labels, state in each.states.items():
                if fits(selectors, labels):
                    yield Series(each.resource.name, labels, state)


def _bounds(fresh: Fresh) -> dict[tuple[str, Labels], Bounds]:
    return {
        (rows.resource.name, labels): bounds
        for rows in fresh.rows
        for labels, bounds in zip(rows.labels, rows.bounds, strict=True)
    }


RESOURCE = ApiResource(
    "/api/v1/series",
    "Series",
    "Every series that is known, with its state, and what it is judged against.",
    read,
    record({"total": COUNT, "series": many(row.schema(FIELDS))}),
    (*FILTERS, *PAGING),
    rows=lambda data: data["series"],
)
