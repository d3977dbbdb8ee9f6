"""Foreign text as a terminal, a page and a log may show it."""

from __future__ import annotations


def printable(text: str) -> str:
    r"""The text with escapes for control characters, line ends and marks that reverse text.

    >>> printable("web" + chr(27) + "[31m")
    'web\\x1b[31m'
    """
    return (
        text
        if text.isprintable()
        else "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)
    )
