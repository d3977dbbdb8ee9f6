"""The alerts' runbooks as pages, so that the link in a notification opens without anything else set up."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from exporter.web.server import Refusal, Request, Response

if TYPE_CHECKING:
    from exporter.web.server import Handler


def runbooks() -> Handler:
    """The handler of /runbooks/{name}: /runbooks/LibvirtDown.md. The files are read once."""
    folder = files("forecaster") / "runbooks"
    texts = {each.name: each.read_bytes() for each in folder.iterdir() if each.name.endswith(".md")}

    def page(request: Request) -> Response:
        text = texts.get(request.parameters["name"])
        if text is None:
            raise Refusal(404)
        return Response(text)

    return page
