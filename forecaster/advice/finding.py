"""What advisers give: rows of a table that pages, reports and the API show alike."""

from __future__ import annotations

from collections.abc import Callable  # noqa: TC003 (a NamedTuple's types are read at run time)
from dataclasses import dataclass
from heapq import nsmallest
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from forecaster.series.labels import Labels
    from forecaster.view.view import Fresh

ROWS = 10  # of a table; more is no advice
NOT_READ = "Not known: no resource has been read lately."  # in place of rows, without fresh figures
LEARNING = "Not known yet: every series is being learnt."


class Column(NamedTuple):
    """A column of an adviser's table. Numbers are set flush right; `whole` cells stay on one line; a page
    links those of `about` to what the finding is about.
    """

    title: str
    number: bool = False
    whole: bool = False
    about: bool = False


class Finding(NamedTuple):
    """One row: what it is sorted by, smallest first, and what writes its cells, in the order of the columns.

    Cells are written for the rows that are shown only. `order` ends with what makes it unique. `resource`
    (empty: all) and `labels` select the series it is about.
    """

    order: tuple[object, ...]
    cells: Callable[[], tuple[str, ...]]
    resource: str
    labels: Labels


@dataclass(frozen=True)
class Adviser:
    """A question that is answered after each cycle: a table of findings, the most urgent first.

    `nothing` is the line that stands for an empty table; `most` is how many rows one has.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    advise: Callable[[Fresh], Iterable[Finding]]
    nothing: str = "None."
    most: int = ROWS

    def first(self, fresh: Fresh) -> list[Finding]:
        """The first findings."""
        return nsmallest(self.most, self.advise(fresh), key=lambda finding: finding.order)

    def without(self, fresh: Fresh) -> str:
        """The line that stands for a table without rows."""
        if not fresh.rows:
            return NOT_READ
        return self.nothing if any(each.labels for each in fresh.rows) else LEARNING

    def rows(self, fresh: Fresh) -> list[tuple[str, ...]]:
        """Their cells."""
        return [finding.cells() for finding in self.first(fresh)]
