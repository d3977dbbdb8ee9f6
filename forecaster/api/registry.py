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
    """The routes of all resources, over what `fresh` gives at each request."""
    return [Route(each.path, _handler(each, fresh), etag=True) for each in API]


def _handler(resource: ApiResource, fresh: Callable[[], Fresh]) -> Handler:
    def answer(request: Request) -> Response:
        request.query.only(*(parameter.name for parameter in resource.parameters))
        return success(resource.read(fresh(), request.query))

    return answer
