"""HTML pages: jinja2 templates on one shell. Values are escaped; a missing value is an error.

    TEMPLATES = Templates("forecaster.publish")              # its folder templates/, in the package
    TEMPLATES.page("status.html", title="…", links=LINKS)    # a Response

A template extends "web/shell.html", which needs `title` and `links`; "web/table.html" has macros for tables.
"""

from __future__ import annotations

from typing import NamedTuple

from jinja2 import ChoiceLoader, Environment, PackageLoader, PrefixLoader, StrictUndefined

from exporter.web.message import Response


class Link(NamedTuple):
    """A link to a page, and what the page shows."""

    address: str
    text: str
    description: str = ""


class Column(NamedTuple):
    """A column of a table. Numbers are aligned right. The text of `whole` cells is not wrapped. The cells of
    `about` link to what the row is about.
    """

    title: str
    number: bool = False
    whole: bool = False
    about: bool = False


class Templates:
    """The templates of a package. Each is compiled once.

    Those of `others` have a prefix: with `report="forecaster.report"`, "report/plot.css".
    """

    def __init__(self, package: str, **others: str) -> None:
        packages = {"web": "exporter.web", **others}
        shared = PrefixLoader({prefix: PackageLoader(name) for prefix, name in packages.items()})
        self._environment = Environment(
            loader=ChoiceLoader([shared, PackageLoader(package)]),
            autoescape=True,
            undefined=StrictUndefined,
            auto_reload=False,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def render(self, name: str, **values: object) -> str:
        """The text of the template with these values. Raises jinja2.UndefinedError if one is missing."""
        return self._environment.get_template(name).render(values)

    def render_text(self, text: str, **values: object) -> str:
        """The same of a template that is no file of a package. Raises jinja2.TemplateError."""
        return self._environment.from_string(text).render(values)

    def page(self, name: str, **values: object) -> Response:
        """The same as a response."""
        return Response(self.render(name, **values).encode(errors="replace"), "text/html; charset=utf-8")
