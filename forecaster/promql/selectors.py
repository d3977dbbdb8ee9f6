"""Narrow a query to some series, so that a newcomer's history does not cost that of the whole fleet."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from exporter.web.label_names import is_classic
from forecaster.series.promql_text import quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from forecaster.series.labels import Labels

_SELECTOR = re.compile(r"\s*([a-zA-Z_:][\w:]*)?\s*(?:\{(.*)\}\s*)?", re.DOTALL)
# Characters of one condition, so that a few endless values do not make the query too large to be read; 50
# newcomers with values of a few hundred characters stay below it.
CONDITION_CHARACTERS = 1 << 15


def narrowed(query: str, labels: Sequence[Labels]) -> list[str]:
    """The query for (at least) the series with these labels, when it is a bare selector: the ways to ask it,
    the best first. The last one names labels of the classic alphabet only, if there are any. Empty if there
    is no way.

    Each label's values are alternatives of their own, so other combinations come along; the caller leaves
    them out.
    """
    if not labels:
        return []
    patterns = _patterns([dict(row) for row in labels])
    found: list[str] = []
    for write in _SPELLINGS:
        own = [f"{write(name)}=~{quoted(text)}" for name, text in patterns.items() if write(name)]
        selector = with_matchers(query, own) if own else None
        if selector and selector not in found:
            found.append(selector)
    return found


def nameable(labels: Sequence[Labels]) -> Sequence[Labels]:
    """As many of the first ones as a narrowed query can name, one at least."""
    length: Counter[str] = Counter()
    for count, row in enumerate(labels):
        for name, value in row:
            length[name] += len(_pattern(value)) + 1
        if max(length.values(), default=0) > CONDITION_CHARACTERS:
            return labels[: max(1, count)]
    return labels


def with_matchers(query: str, matchers: Sequence[str]) -> str | None:
    """The query with more matchers, when it is a bare selector."""
    match = _SELECTOR.fullmatch(query)
    if match is None or _has_braces(match[2] or ""):
        return None
    given = (match[2] or "").strip().rstrip(",")
    return f"{match[1] or ''}{{{','.join((*([given] if given else []), *matchers))}}}"


def _patterns(rows: Sequence[dict[str, str]]) -> dict[str, str]:
    """A regular expression for each label that tells the series from others in a bearable length."""
    found = {}
    for name in sorted({name for row in rows for name in row}):
        values = sorted({row.get(name, "") for row in rows})
        pattern = "|".join(map(_pattern, values))
        if len(pattern) <= CONDITION_CHARACTERS:
            found[name] = pattern
    return found


def _pattern(value: str) -> str:
    """U+FFFD may stand for bytes that are no text, so anything matches there."""
    return re.sub("\ufffd+", ".+", re.escape(value))


def _backslashed(name: str) -> str:
    return "".join(each if each.isalnum() or each == "_" else f"\\{each}" for each in name)


# How the name of a label is written: in quotes where it must be (Prometheus 3), with backslashes (MetricsQL),
# and not at all where no quotes and backslashes are understood.
_SPELLINGS: tuple[Callable[[str], str], ...] = (
    lambda name: name if is_classic(name) else quoted(name),
    lambda name: name if is_classic(name) else _backslashed(name),
    lambda name: name if is_classic(name) else "",
)


def _has_braces(matchers: str) -> bool:
    """Whether braces stand outside of quotes: then this is two selectors and something between them."""
    return bool(re.search(r"[{}]", re.sub(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'|`[^`]*`', "", matchers)))
