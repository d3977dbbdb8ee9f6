"""Text and label names as PromQL writes and reads them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from exporter.web.label_names import is_classic

if TYPE_CHECKING:
    from collections.abc import Iterable

_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{3}|[abfnrtv\\'\"])")
_SHORT = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_LAST = 0x10FFFF  # the last code point of Unicode


def selector(metric: str, labels: Iterable[tuple[str, str]]) -> str:
    r"""A selector of the series that have these labels, and possibly further ones.

    >>> print(selector("vm_cpu", [("domain", "web"), ("k8s.pod", "a")]))
    vm_cpu{domain="web","k8s.pod"="a"}
    """
    matchers = (f"{name if is_classic(name) else quoted(name)}={quoted(value)}" for name, value in labels)
    return f"{metric}{{{','.join(matchers)}}}"


def quoted(text: str) -> str:
    r"""The text as a string of PromQL: what is not printable, and U+FFFD, as escapes.

    A query that has U+FFFD as it is, is refused as no valid UTF-8.

    >>> print(quoted('a "b"' + chr(27) + chr(0xFFFD)))
    "a \"b\"\u001b\ufffd"
    """
    return f'"{"".join(map(_escaped, text))}"'


def unquoted(text: str) -> str:
    r"""What stands between the quotes of a string of PromQL; a backslash that begins no escape stays.

    >>> print(unquoted(r"a\\b\"\x41\u00e9\."))
    a\b"Aé\.
    """
    return _ESCAPE.sub(_read, text)


def _escaped(each: str) -> str:
    if each in '"\\':
        return f"\\{each}"
    if each.isprintable() and each != "\ufffd":
        return each
    code = ord(each)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _read(escape: re.Match[str]) -> str:
    kind, digits = escape[1][0], escape[1][1:]
    if not digits:
        return _SHORT.get(kind, kind)
    code = int(digits, 16) if kind in "xuU" else int(escape[1], 8)
    return chr(code) if code <= _LAST else escape[0]
