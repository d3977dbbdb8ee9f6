"""Parts of long lists: how many rows an answer has, and from which one on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from forecaster.api.resource import Parameter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from exporter.web.query import Query

T = TypeVar("T")

USUAL = 500  # rows
MOST = 1_000  # rows of an answer: outlooks take some 1 MB of text, and 10 MB while they are written
_LAST = 10**9

LIMIT = Parameter(
    "limit",
    f"how many rows the answer has at most, up to {MOST}; {USUAL} without it",
    schema={"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL},
)
OFFSET = Parameter(
    "offset",
    "how many rows are left out before the first one",
    schema={"type": "integer", "minimum": 0, "maximum": _LAST, "default": 0},
)
PAGING = (LIMIT, OFFSET)


class Part(NamedTuple, Generic[T]):
    """Some rows of a list, and the place of the first one in it."""

    first: int
    rows: Sequence[T]


def part_of(rows: Sequence[T], query: Query, number: int) -> Part[T]:
    """The `number` rows from the offset on that is asked for. Raises a 400 Refusal."""
    offset = query.integer(OFFSET.name, 0, least=0, most=_LAST)
    return Part(offset, rows[offset : offset + number])


def part(rows: Sequence[T], query: Query) -> Sequence[T]:
    """The rows that are asked for. Raises a 400 Refusal."""
    limit = query.integer(LIMIT.name, USUAL, least=1, most=MOST)
    return part_of(rows, query, limit).rows
