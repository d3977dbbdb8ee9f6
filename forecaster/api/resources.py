"""GET /api/v1/resources: what is forecast, and how it is doing."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from forecaster.api.resource import ApiResource

if TYPE_CHECKING:
    from exporter.web.query import Query
    from forecaster.view.view import Fresh, ResourceView


def read(fresh: Fresh, _query: Query) -> list[dict[str, Any]]:
    """Every resource, in the order of the configuration. Times are Unix seconds."""
    return [_of(each) for each in fresh.view.resources]


def _of(each: ResourceView) -> dict[str, Any]:
    resource = each.resource
    return {
        "name": resource.name,
        "title": resource.title,
        "query": resource.query,
        "unit": resource.unit,
        "limit": resource.limit if math.isfinite(resource.limit) else None,
        "limit_side": resource.limit_side,
        "horizons": [horizon.label for horizon in resource.horizons],
        "series": {state.value: number for state, number in each.counts.items()},
        "excluded": dict(each.excluded),
        "partial": each.partial,
        "history_ratio": each.progress,
        "last_success": each.last_success or None,
        "error": each.error or None,
    }


RESOURCE = ApiResource(
    "/api/v1/resources",
    "Resources (JSON)",
    "What is forecast: query, limit, horizons, series by state, and the error of the last try.",
    read,
)
