"""GET /api/v1/outlook: what is foreseen for each series that is ready."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from forecaster.api import row
from forecaster.api.filters import FILTERS, chosen
from forecaster.api.paging import PAGING, part
from forecaster.api.resource import ApiResource
from forecaster.api.row import Field, known
from forecaster.api.schema import COUNT, LABELS, NUMBER, NUMBER_OR_NULL, TEXT, by_name, many, record
from forecaster.engine.settings import Settings

if TYPE_CHECKING:
    from exporter.web.query import Query
    from forecaster.view.rows import Rows
    from forecaster.view.view import Fresh

QUANTILES = tuple(map(str, Settings.quantiles))


class Place(NamedTuple):
    """A series of `rows`."""

    rows: Rows
    at: int


def _forecast(of: Place) -> dict[str, dict[str, float | None]]:
    values = of.rows.outlook.forecast[:, :, of.at].tolist()
    return {
        horizon.label: {name: known(value) for name, value in zip(QUANTILES, ahead, strict=True)}
        for horizon, ahead in zip(of.rows.resource.horizons, values, strict=True)
    }


def _probability(of: Place) -> dict[str, float] | None:
    if known(of.rows.bounds[of.at].limit) is None:
        return None
    values = of.rows.outlook.probability[:, of.at].tolist()
    return {each.label: value for each, value in zip(of.rows.resource.horizons, values, strict=True)}


def _exhaustion(of: Place) -> dict[str, float | None]:
    values = (of.rows.at + of.rows.outlook.exhaustion_quantiles[:, of.at]).tolist()
    return {name: known(value) for name, value in zip(QUANTILES, values, strict=True)}


FIELDS: tuple[Field[Place], ...] = (
    Field("resource", TEXT, "The resource it belongs to.", lambda of: of.rows.resource.name),
    Field("labels", LABELS, "Its labels.", lambda of: dict(of.rows.labels[of.at])),
    Field("at", COUNT, "The step that this is as of, Unix seconds.", lambda of: of.rows.at),
    Field("value", NUMBER_OR_NULL, "Its latest value.", lambda of: known(of.rows.values[of.at])),
    Field(
        "expected",
        NUMBER_OR_NULL,
        "The value that was expected.",
        lambda of: known(of.rows.outlook.expected[of.at]),
    ),
    Field(
        "lower",
        NUMBER_OR_NULL,
        "The lower end of the band of normal values.",
        lambda of: known(of.rows.outlook.lower[of.at]),
    ),
    Field("upper", NUMBER_OR_NULL, "Its upper end.", lambda of: known(of.rows.outlook.upper[of.at])),
    Field(
        "anomaly_score",
        NUMBER_OR_NULL,
        "Above 1 an anomaly begins or grows; from 0.9 on it lasts.",
        lambda of: known(of.rows.score[of.at]),
    ),
    Field(
        "trend_per_hour",
        NUMBER_OR_NULL,
        "The change per hour; 0 without a trend.",
        lambda of: known(of.rows.outlook.reasons.trend[of.at]),
    ),
    Field(
        "limit",
        NUMBER_OR_NULL,
        "The value at which it counts as exhausted.",
        lambda of: known(of.rows.bounds[of.at].limit),
    ),
    Field(
        "probability",
        {"type": ["object", "null"], "additionalProperties": NUMBER},
        "By horizon: the probability that the limit is reached within it; null without a limit.",
        _probability,
    ),
    Field(
        "exhaustion",
        by_name(NUMBER_OR_NULL),
        "By quantile: when the limit is reached, Unix seconds; null if that is not in sight.",
        _exhaustion,
    ),
    Field(
        "forecast",
        by_name(by_name(NUMBER_OR_NULL)),
        "By horizon and quantile: the value that is forecast.",
        _forecast,
    ),
)


def read(fresh: Fresh, query: Query) -> dict[str, Any]:
    """The outlooks that are asked for, resource by resource."""
    asked = chosen(query, (each.resource.name for each in fresh.view.resources))
    found = [Place(rows, at) for rows in fresh.rows for at in asked.rows(rows)]
    return {"total": len(found), "outlooks": [row.row(FIELDS, place) for place in part(found, query)]}


RESOURCE = ApiResource(
    "/api/v1/outlook",
    "Outlook",
    "What is foreseen for each series that is ready: band, anomaly score, forecast, exhaustion.",
    read,
    record({"total": COUNT, "outlooks": many(row.schema(FIELDS))}),
    (*FILTERS, *PAGING),
    rows=lambda data: data["outlooks"],
)
