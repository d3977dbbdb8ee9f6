"""Text that guests or operators choose and that becomes a label value."""

from __future__ import annotations

LONGEST = 256  # characters of a label value


def bounded(text: str) -> str:
    """The text without surrounding white space, cut to the longest label value."""
    text = text.strip()
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def readable(text: str) -> str:
    r"""A name that the kernel knows as bytes, as Python gives it: bytes that are not UTF-8 become \xff.

    Two names that differ remain different.
    """
    return text.encode(errors="surrogateescape").decode(errors="backslashreplace")
