"""Foreign text as a spreadsheet may read it."""

from __future__ import annotations

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet takes a text that begins so for a formula. Guests choose names: such a text gets an
apostrophe before it, which spreadsheets do not show."""


def harmless(text: str) -> str:
    """The text, never a formula.

    >>> harmless("=1+1"), harmless("web")
    ("'=1+1", 'web')
    """
    return f"'{text}" if text.startswith(_FORMULA) else text
