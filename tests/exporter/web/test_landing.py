"""The page at "/"."""

from __future__ import annotations

from exporter.web.html import Link
from exporter.web.landing import landing_page
from exporter.web.server import Request

HOSTILE = "\"><script>alert('&')</script>"


def test_everything_is_there_and_escaped() -> None:
    links = [Link("/metrics", "Metrics", "what Prometheus scrapes"), Link(HOSTILE, "Other")]
    response = landing_page("Title", HOSTILE, links, version="1.2.3")(Request("/"))
    assert (response.status, response.content_type) == (200, "text/html; charset=utf-8")
    text = response.body.decode()
    assert '<li><a href="/metrics">Metrics</a>: what Prometheus scrapes</li>' in text
    assert '&lt;/script&gt;">Other</a></li>' in text
    assert "<h1>Title</h1>" in text
    assert "Version: 1.2.3" in text
    assert "<script" not in text


def test_it_is_rendered_once() -> None:
    page = landing_page("Title", "", ())
    assert page(Request("/")) is page(Request("/"))
