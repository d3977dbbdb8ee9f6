"""Strict decoding of percent-encoded text (RFC 3986)."""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

from exporter.web.refusal import bad_request

_BROKEN = re.compile("%(?![0-9A-Fa-f]{2})")


def decoded(text: str, what: str) -> str:
    """The text that `text` encodes in UTF-8. Raises a 400 Refusal that names `what`, not the text."""
    if not text.isascii():
        raise bad_request(what, "characters outside ASCII must be percent-encoded")
    if "%" not in text:
        return text
    if _BROKEN.search(text):
        raise bad_request(what, "malformed percent encoding")
    try:
        return unquote_to_bytes(text).decode()
    except UnicodeDecodeError as error:
        raise bad_request(what, "percent encoding is not UTF-8") from error
