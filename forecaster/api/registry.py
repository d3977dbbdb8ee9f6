"""The API resources: each row is a route, a path in the OpenAPI description, a link on the page."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from exporter.web.envelope import success
from exporter.web.server import Request, Response, Route
from forecaster.api import (
    accuracy,
    adoptions,
    advice,
    alerts,
    anomalies,
    decomposition,
    inventory,
    issue_history,
    issues,
    network_mapping,
    openapi,
    outlook,
    placement,
    resources,
    series,
    topology,
)
from forecaster.api.openapi import CSV, FORMAT, FORMATS, JSON, parameters
from forecaster.api.table import table

if TYPE_CHECKING:
    from collections.abc import Callable

    from exporter.web.server import Handler
    from forecaster.api.resource import ApiResource
    from forecaster.view.view import Fresh

API: tuple[ApiResource, ...] = (
    series.RESOURCE,
    outlook.RESOURCE,
    anomalies.RESOURCE,
    issues.RESOURCE,
    issue_history.RESOURCE,
    alerts.RESOURCE,
    *advice.RESOURCES,
    decomposition.RESOURCE,
    adoptions.RESOURCE,
    placement.RESOURCE,
    network_mapping.RESOURCE,
    accuracy.RESOURCE,
    resources.RESOURCE,
    inventory.RESOURCE,
    topology.RESOURCE,
)
OPENAPI = "/api/v1/openapi.json"


def routes(fresh: Callable[[], Fresh]) -> list[Route]:
    """The list of all resources, and their routes over what `fresh` gives at each request."""
    return [
        Route("/api/v1", _index, etag=True),
        *(Route(each.path, _handler(each, fresh), etag=True) for each in API),
        Route(OPENAPI, _description(), etag=True),
    ]


def _index(request: Request) -> Response:
    """What can be asked for: path, title, help and parameters of each resource."""
    request.query.only()
    return success(
        [
            {
                "path": each.path,
                "title": each.title,
                "help": each.help,
                "parameters": [parameter._asdict() for parameter in each.parameters],
            }
            for each in API
        ]
    )


def _warnings(fresh: Fresh) -> list[str]:
    """Why the answer may be less than it seems."""
    waiting = [each.resource.name for each in fresh.view.resources if not each.last_success]
    return [f"not read yet: {', '.join(waiting)}"] if waiting else []


def _handler(resource: ApiResource, fresh: Callable[[], Fresh]) -> Handler:
    given = tuple(parameter.name for parameter in parameters(resource))

    def answer(request: Request) -> Response:
        request.query.only(*given)
        wanted = request.query.choice(FORMAT.name, FORMATS, JSON)
        known = fresh()
        data = resource.read(known, request.query)
        if wanted == CSV and resource.rows is not None:
            return table(resource.rows(data))
        return success(data, _warnings(known))

    return answer


def _description() -> Handler:
    response = Response(openapi.text(API).encode(), "application/json")

    def answer(request: Request) -> Response:
        request.query.only()
        return response

    return answer


if __name__ == "__main__":
    sys.stdout.write(openapi.text(API))
