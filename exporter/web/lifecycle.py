"""POST /-/reload: the configuration is read again, where --web.enable-lifecycle allows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.web.message import Request, Response, WebError
from exporter.web.refusal import Refusal
from exporter.web.routing import Route

if TYPE_CHECKING:
    from collections.abc import Callable

PATH = "/-/reload"
SWITCHED_OFF = "the configuration is not read again over HTTP: start with --web.enable-lifecycle"


def reload_route(reload: Callable[[], None], *, enabled: bool) -> Route:
    """The route; `reload` raises WebError, ValueError or OSError, one line, if the configuration stays."""

    def answer(_request: Request) -> Response:
        if not enabled:
            raise Refusal(403, SWITCHED_OFF)
        try:
            reload()
        except (WebError, ValueError, OSError) as error:
            told = f"the configuration stays as it was: {error}\n"
            return Response(told.encode(errors="replace"), status=500)
        return Response(b"the configuration was read\n")

    return Route(PATH, answer, methods=("POST", "PUT"))
