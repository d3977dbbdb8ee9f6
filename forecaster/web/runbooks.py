"""The alerts' runbooks as pages, so that the link in a notification opens without anything else set up."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from exporter.web.server import Request, Response

if TYPE_CHECKING:
    from collections.abc import Mapping

    from exporter.web.server import Handler


def runbooks() -> Mapping[str, Handler]:
    """Path → page, of every runbook: /runbooks/LibvirtDown.md."""
    folder = files("forecaster") / "runbooks"
    texts = {each.name: each.read_bytes() for each in folder.iterdir() if each.name.endswith(".md")}
    return {f"/runbooks/{name}": _page(text) for name, text in sorted(texts.items())}


def _page(text: bytes) -> Handler:
    def shown(_request: Request) -> Response:
        return Response(text, "text/plain; charset=utf-8")

    return shown
