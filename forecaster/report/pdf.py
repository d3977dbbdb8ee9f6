"""A report as PDF: the page as it is printed. Needs WeasyPrint; nothing is fetched for it."""

from __future__ import annotations

import logging
from importlib import import_module
from typing import Any, NoReturn


def pdf(page: str) -> bytes:
    """The printed page. Raises ModuleNotFoundError without WeasyPrint, OSError without the system's Pango."""
    made: bytes = weasyprint().HTML(string=page, url_fetcher=_Refusing()).write_pdf()
    return made


def weasyprint() -> Any:
    """WeasyPrint, an extra that is slow to load. Raises the same."""
    _tell_errors_only()
    loaded = import_module("weasyprint")
    _tell_errors_only()  # older versions set the level of their log as they are loaded
    return loaded


def _tell_errors_only() -> None:
    """Neither styles for screens, nor steps, nor fonts."""
    for chatty in ("weasyprint", "fontTools"):
        logging.getLogger(chatty).setLevel(logging.ERROR)


class _Refusing:
    """A name of a guest, or a template, must not make this program ask for an address."""

    _fail_on_errors = (
        False  # newer versions of WeasyPrint ask for it: a picture is left out, the rest is made
    )

    def __call__(self, url: str, *_: object, **__: object) -> NoReturn:
        raise ValueError(f"reports fetch nothing: {url}")
