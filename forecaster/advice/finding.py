"""What advisers give: rows of a table that pages, reports and the API show alike."""

from __future__ import annotations

from collections.abc import Callable  # noqa: TC003 (a NamedTuple's types are read at run time)
from dataclasses import dataclass
from heapq import nsmallest
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from forecaster.view.view import Fresh

ROWS = 10  # of a table; more is no advice
NOT_READ = "Not known: no resource has been read lately."  # in place of rows, without fresh figures


class Column(NamedTuple):
    """A column of an adviser's table. Numbers are set flush right; `whole` cells stay on one line."""

    title: str
    number: bool = False
    whole: bool = False


class Finding(NamedTuple):
    """One row: what it is sorted by, smallest first, and what writes its cells, in the order of the columns.

    Cells are written for the rows that are shown only. `order` ends with what makes it unique.
    """

    order: tuple[object, ...]
    cells: Callable[[], tuple[str, ...]]


@dataclass(frozen=True)
class Adviser:
    """A question that is answered after each cycle: a table of findings, the most urgent first.

    `nothing` is the line that stands for an empty table.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    advise: Callable[[Fresh], Iterable[Finding]]
    nothing: str = "None."

    def rows(self, fresh: Fresh) -> list[tuple[str, ...]]:
        """The cells of the first findings."""
        first = nsmallest(ROWS, self.advise(fresh), key=lambda finding: finding.order)
        return [finding.cells() for finding in first]
