"""Narrow a query to some series, so that a newcomer's history does not cost that of the whole fleet."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forecaster.series.labels import Labels

_NAMED = re.compile(r"\s*([a-zA-Z_:][\w:]*)\s*(?:\{(.*)\}\s*)?", re.DOTALL)


def narrowed(query: str, labels: Sequence[Labels]) -> str | None:
    """The query for (at least) the series with these labels, when it is a bare selector; None otherwise.

    Each label's values are alternatives of their own, so other combinations come along; the caller leaves
    them out.
    """
    match = _NAMED.fullmatch(query)
    if match is None or not labels or _has_braces(match[2] or ""):
        return None
    conditions = [match[2].strip().rstrip(",")] if (match[2] or "").strip() else []
    rows = [dict(row) for row in labels]
    for name in sorted({name for row in rows for name in row}):
        values = sorted({row.get(name, "") for row in rows})
        conditions.append(f'{name}=~"{_quoted("|".join(map(re.escape, values)))}"')
    return f"{match[1]}{{{','.join(conditions)}}}"


def _has_braces(matchers: str) -> bool:
    """Whether braces stand outside of quotes: then this is two selectors and something between them."""
    return bool(re.search(r"[{}]", re.sub(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'|`[^`]*`', "", matchers)))


def _quoted(pattern: str) -> str:
    return pattern.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
