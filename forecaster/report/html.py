"""A report as one self-contained page that can be printed: no scripts, nothing that is fetched."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jinja2

from exporter.web.html import Templates

if TYPE_CHECKING:
    from pathlib import Path

    from forecaster.report.document import Document

_TEMPLATES = Templates("forecaster.report", report="forecaster.report")


def html(document: Document, template: Path | None = None) -> str:
    """The page, by the project's template, "report/report.html", or one's own, which may extend it.

    Raises ValueError if the template is wrong, OSError if it cannot be read.
    """
    values = {"title": document.title, "links": (), "report": document}
    if template is None:
        return _TEMPLATES.render("report/report.html", **values)
    text = template.read_text(encoding="utf-8")
    try:
        return _TEMPLATES.render_text(text, **values)
    except jinja2.TemplateSyntaxError as error:
        raise ValueError(f"{template}:{error.lineno}: {error.message}") from error
    except jinja2.TemplateError as error:
        raise ValueError(f"{template}: {error.message}") from error
