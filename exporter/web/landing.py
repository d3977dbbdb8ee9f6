"""The page at "/": the name, version and pages of the program."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.web.html import Link, Templates

if TYPE_CHECKING:
    from collections.abc import Iterable

    from exporter.web.message import Handler, Request, Response

_TEMPLATES = Templates("exporter.web")


def landing_page(title: str, description: str, links: Iterable[Link], version: str = "unknown") -> Handler:
    """The handler of the page, which is rendered once."""
    values = {"title": title, "description": description, "version": version}
    response = _TEMPLATES.page("landing.html", links=(), entries=tuple(links), **values)

    def page(_request: Request) -> Response:
        return response

    return page
