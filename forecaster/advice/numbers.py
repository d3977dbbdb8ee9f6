"""Lists of CPUs and NUMA cells as libvirt writes them: 0-3,^2,8."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_PART = re.compile(r"(\^?)(\d{1,5})(?:-(\d{1,5}))?")


def numbers(text: str) -> frozenset[int]:
    """Those that a list names; none if it is not such a list.

    >>> sorted(numbers("0-3,^2,8"))
    [0, 1, 3, 8]
    """
    found: set[int] = set()
    for part in filter(None, (part.strip() for part in text.split(","))):
        read = _PART.fullmatch(part)
        if read is None:
            return frozenset()
        without, first, last = read.groups()
        each = range(int(first), int(last or first) + 1)
        found = found.difference(each) if without else found.union(each)
    return frozenset(found)


def written(of: Iterable[int]) -> str:
    """The same as a list.

    >>> written({8, 0, 1, 3})
    '0-1,3,8'
    """
    spans: list[list[int]] = []
    for each in sorted(of):
        if spans and spans[-1][1] == each - 1:
            spans[-1][1] = each
        else:
            spans.append([each, each])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in spans)
