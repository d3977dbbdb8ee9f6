"""The API resources: each row is a route and a link on the status page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.web.envelope import success
from exporter.web.server import Request, Response, Route
from forecaster.api import anomalies, inventory, resources

if TYPE_CHECKING:
    from collections.abc import Callable

    from exporter.web.server import Handler
    from forecaster.api.resource import ApiResource
    from forecaster.view.view import Fresh

API: tuple[ApiResource, ...] = (anomalies.RESOURCE, resources.RESOURCE, inventory.RESOURCE)


def routes(fresh: Callable[[], Fresh]) -> list[Route]:
    """The list of all resources, and their routes over what `fresh` gives at each request."""
    return [
        Route("/api/v1", _index, etag=True),
        *(Route(each.path, _handler(each, fresh), etag=True) for each in API),
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
    def answer(request: Request) -> Response:
        request.query.only(*(parameter.name for parameter in resource.parameters))
        known = fresh()
        return success(resource.read(known, request.query), _warnings(known))

    return answer
