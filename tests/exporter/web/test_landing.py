"""The page at "/"."""

from __future__ import annotations

from html.parser import HTMLParser

from exporter.web.landing import Link, landing_page
from exporter.web.server import Request

HOSTILE = "\"><script>alert('&')</script>"


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name == "href"]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_everything_is_there_and_escaped() -> None:
    links = [Link("/metrics", "Metrics"), Link(HOSTILE, HOSTILE, HOSTILE)]
    response = landing_page(HOSTILE, HOSTILE, links, version=HOSTILE)(Request("/"))
    assert (response.status, response.content_type) == (200, "text/html; charset=utf-8")
    page = Reader()
    page.feed(response.body.decode())
    assert "script" not in page.tags
    assert page.links == ["/metrics", HOSTILE]
    assert page.text.count(HOSTILE) == 6
