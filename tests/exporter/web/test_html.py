"""Templates: on one shell, escaped, complete, and part of the package."""

from __future__ import annotations

import sys
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from jinja2 import UndefinedError

from exporter.web.html import Column, Link, Templates

if TYPE_CHECKING:
    from pathlib import Path

HOSTILE = "\"'><script>alert('&')</script>"
PAGE = """
{% extends "web/shell.html" %}
{% from "web/table.html" import table %}
{% block style %}.mine { color: red; }{% endblock %}
{% block content %}{{ table(columns, rows, "ours") }}{% endblock %}
"""
COLUMNS = (Column("Name", whole=True), Column("Count", number=True), Column(HOSTILE))
ROWS = (("ours", "1", "a"), (HOSTILE, "2", HOSTILE))
LINKS = (Link("/metrics", "Metrics"), Link(f"/{HOSTILE}", HOSTILE))


class Elements(HTMLParser):
    """Tags with their attributes, and the text; every tag is closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for found, attributes in self.found if found == tag]


@pytest.fixture
def templates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Templates:
    """Those of a package of its own, as the forecaster's are."""
    folder = tmp_path / "some_pages" / "templates"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").touch()
    (folder / "page.html").write_text(PAGE)
    (folder / "value.html").write_text("{{ value }}")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "some_pages", raising=False)
    return Templates("some_pages")


@pytest.fixture
def page(templates: Templates) -> Elements:
    return Elements(templates.render("page.html", title=HOSTILE, links=LINKS, columns=COLUMNS, rows=ROWS))


def test_every_text_is_there_and_escaped(page: Elements) -> None:
    assert page.open == []
    assert page.of("script") == []
    assert page.text.count(HOSTILE) == 6
    assert [each["href"] for each in page.of("a")] == ["#content", "/metrics", f"/{HOSTILE}"]


def test_the_shell_is_readable_by_all(page: Elements) -> None:
    assert page.of("html") == [{"lang": "en"}]
    assert len(page.of("h1")) == len(page.of("main")) == 1
    assert page.of("nav") == [{"aria-label": "Pages"}]
    assert {"name": "color-scheme", "content": "light dark"} in page.of("meta")


def test_tables_have_heads_by_column_and_row(page: Elements) -> None:
    assert [each["scope"] for each in page.of("th")] == ["col"] * 3 + ["row"] * 2
    assert page.of("tr")[1:] == [{"class": "marked"}, {}]
    assert [each.get("class") for each in page.of("td")] == ["number", None] * 2


def test_a_page_has_its_own_style_after_the_shells(page: Elements) -> None:
    assert page.text.index(".mine") > page.text.index("prefers-color-scheme: dark")
    assert len(page.of("style")) == 1


def test_nothing_is_loaded_from_elsewhere(page: Elements) -> None:
    assert not {"img", "link", "iframe", "script"} & {tag for tag, _ in page.found}
    assert "url(" not in page.text
    assert "@import" not in page.text


def test_a_missing_value_is_an_error_not_a_gap(templates: Templates) -> None:
    with pytest.raises(UndefinedError, match="'value' is undefined"):
        templates.render("value.html")


def test_text_that_is_no_unicode_harms_only_itself(templates: Templates) -> None:
    response = templates.page("value.html", value="a\ud800b")
    assert (response.body, response.content_type) == (b"a?b", "text/html; charset=utf-8")


@pytest.mark.parametrize("value", ["{{ 7 * 7 }}", "{% raw %}", "{# #}"])
def test_values_are_no_templates(templates: Templates, value: str) -> None:
    assert templates.render("value.html", value=value) == value
