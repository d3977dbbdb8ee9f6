"""The alerts' runbooks as pages, so that the link in a notification opens without anything else set up."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from exporter.web.html import Link
from exporter.web.landing import landing_page
from exporter.web.server import Refusal, Request, Response, Route

if TYPE_CHECKING:
    from exporter.web.server import Handler


def routes() -> list[Route]:
    """/runbooks, a page with a link to each, and /runbooks/{name}: /runbooks/LibvirtDown.md.

    The files are read once.
    """
    folder = files("forecaster") / "runbooks"
    texts = {each.name: each.read_bytes() for each in folder.iterdir() if each.name.endswith(".md")}
    links = [Link(f"/runbooks/{name}", name.removesuffix(".md")) for name in sorted(texts)]
    index = landing_page("virtcast runbooks", "What each alert means, and what to do.", links, version="")
    return [Route("/runbooks", index, etag=True), Route("/runbooks/{name}", _runbook(texts), etag=True)]


def _runbook(texts: dict[str, bytes]) -> Handler:
    def page(request: Request) -> Response:
        text = texts.get(request.parameters["name"])
        if text is None:
            raise Refusal(404)
        return Response(text)

    return page
