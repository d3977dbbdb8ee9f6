"""Secrets from files: read strictly, and never told. Errors name the file and what is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.web.logs import hide
from forecaster.promql.results import PromqlError, Result

if TYPE_CHECKING:
    from pathlib import Path

LARGEST = 64 * 1024  # bytes; tokens of identity providers have a few thousand


def password(path: Path) -> str:
    """The one line of text in the file, without a byte-order mark and surrounding space.

    Raises PromqlError.
    """
    text = _text(path).strip()
    hide(text)
    if not text:
        raise _unusable(path, "it is empty")
    if len(text.splitlines()) > 1:
        raise _unusable(path, "it has more than one line")
    if not text.isprintable():
        raise _unusable(path, "it has control characters")
    return text


def token(path: Path) -> str:
    """As `password`, of characters that a header can carry."""
    text = password(path)
    if not text.isascii():
        raise _unusable(path, "it has characters outside ASCII, which a header cannot carry")
    return text


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise _unusable(path, error.strerror or "it cannot be read") from None
    if len(data) > LARGEST:
        raise _unusable(path, f"it has more than {LARGEST} bytes")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _unusable(path, "it is not UTF-8") from None


def _unusable(path: Path, why: str) -> PromqlError:
    return PromqlError(Result.UNAUTHORIZED, f"cannot read the secret {path}: {why}")
