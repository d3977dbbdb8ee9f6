"""Label names on a page of metrics: those of the classic alphabet as they are, others quoted or escaped.

Prometheus 3 reads any name in quotes if it has asked for `escaping=allow-utf-8`. Other readers get a name of
the classic alphabet, by the scheme they asked for, as the client libraries of Prometheus write it.
"""

from __future__ import annotations

import re
from enum import StrEnum

_CLASSIC = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


class Escaping(StrEnum):
    """What a reader takes for a name outside the classic alphabet, in the words of the Accept header."""

    ALLOW_UTF_8 = "allow-utf-8"
    UNDERSCORES = "underscores"
    DOTS = "dots"
    VALUES = "values"


def is_classic(name: str) -> bool:
    """Whether every version of Prometheus takes the name as it is."""
    return _CLASSIC.fullmatch(name) is not None


def escaped(name: str, escaping: Escaping) -> str:
    """The name as a reader with this escaping knows it; different names may become equal.

    >>> [escaped("k8s.pod_name", each) for each in Escaping]
    ['k8s.pod_name', 'k8s_pod_name', 'k8s_dot_pod__name', 'U__k8s_2e_pod__name']
    """
    if escaping is Escaping.ALLOW_UTF_8 or is_classic(name):
        return name
    prefix = "U__" if escaping is Escaping.VALUES else ""
    return prefix + "".join(_character(each, at, escaping) for at, each in enumerate(name))


def quoted(name: str) -> str:
    r"""The name as it stands between braces: in quotes, unless it is classic.

    >>> print(quoted("domain"), quoted('a.b"c'))
    domain "a.b\"c"
    """
    return name if is_classic(name) else f'"{quoted_value(name)}"'


def quoted_value(text: str) -> str:
    """Text between quotes on a page of metrics."""
    return text.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


def _character(each: str, at: int, escaping: Escaping) -> str:
    if each != "_" and is_classic(each if at == 0 else f"_{each}"):
        return each
    if escaping is Escaping.UNDERSCORES:
        return "_"
    if escaping is Escaping.DOTS:
        return "_dot_" if each == "." else "__"
    return "__" if each == "_" else f"_{ord(each):x}_"
