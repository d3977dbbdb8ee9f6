"""The page at "/": what this program is and where its pages are."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, NamedTuple

from exporter.web.message import Handler, Request, Response

if TYPE_CHECKING:
    from collections.abc import Iterable

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ margin: 0; font: 16px/1.5 system-ui, sans-serif; color: #24292f; background: #fff; }}
header {{ padding: 1rem 2rem; color: #fff; background: #1f3a5f; }}
h1 {{ margin: 0; font-size: 1.4rem; }}
main {{ padding: 1rem 2rem; max-width: 50rem; }}
@media (prefers-color-scheme: dark) {{
  body {{ color: #d8dee4; background: #16191d; }}
  a {{ color: #7db4ff; }}
}}
</style>
</head>
<body>
<header><h1>{title}</h1></header>
<main>
<p>{description}</p>
<p>Version: {version}</p>
<ul>
{links}
</ul>
</main>
</body>
</html>
"""


class Link(NamedTuple):
    """An entry of the landing page."""

    address: str
    text: str
    description: str = ""


def landing_page(title: str, description: str, links: Iterable[Link], version: str = "unknown") -> Handler:
    """The page as a handler; every text is escaped."""
    body = _PAGE.format(
        title=escape(title),
        description=escape(description),
        version=escape(version),
        links="\n".join(map(_item, links)),
    ).encode()
    response = Response(body, "text/html; charset=utf-8")

    def page(_request: Request) -> Response:
        return response

    return page


def _item(link: Link) -> str:
    after = f": {escape(link.description)}" if link.description else ""
    return f'<li><a href="{escape(link.address)}">{escape(link.text)}</a>{after}</li>'
