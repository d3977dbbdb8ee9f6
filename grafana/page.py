"""A dashboard as data."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING
from zlib import crc32

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from grafana_foundation_sdk.builders.dashboard import AnnotationQuery
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.models.dashboard import Panel

    from grafana.links import Link
    from grafana.variables import Variable


@dataclass(frozen=True)
class Placed:
    """A panel on a page. Its id is in links to it: never change or reuse one.

    `width` is of the 24 that a page has; panels without one share what the others leave.
    """

    id: int
    panel: Builder[Panel]
    width: int = 0


@dataclass(frozen=True)
class Band:
    """Panels side by side, all of one height."""

    height: int
    panels: Sequence[Placed]


@dataclass(frozen=True)
class Section:
    """A titled row of the page (untitled: no row) and the bands of panels under it.

    One that `needs` series that some fleets do not have (PromQL) is shown in schema v2 where there are such
    series, else not at all. The classic schema hides nothing: what is `rare` is closed there until somebody
    opens it, and asks nothing before; all others say why they are empty.
    """

    title: str
    id: int
    bands: Sequence[Band]
    needs: str = ""
    rare: bool = False


@dataclass(frozen=True)
class RowIds:
    """The ids of panels of one kind that the rows of a table add to a page, by the row's name: a declared
    one, or one that follows from kind and name, so that it stays the same as rows come and go.
    """

    kind: str
    declared: Mapping[str, int]

    def of(self, name: str) -> int:
        return self.declared.get(name) or 1000 + crc32(f"{self.kind} {name}".encode()) % 1_000_000


@dataclass(frozen=True)
class Entry:
    """How other pages link to a page: title and tooltip."""

    title: str
    tooltip: str


@dataclass(frozen=True)
class Page:
    """One dashboard.

    name: part of its address and of its JSON file's name; never change one.
    about: what the page shows, one sentence.
    entry: how other pages link to it.
    links: in its head, after the one to the home page.
    forecasts: whether the page reaches past now.
    """

    name: str
    title: str
    about: str
    entry: Entry
    variables: Sequence[Variable]
    sections: Sequence[Section]
    links: Sequence[Link] = ()
    marks: Sequence[AnnotationQuery] = ()
    tags: Sequence[str] = ("virtcast", "libvirt")
    forecasts: bool = False


def flow(height: int, panels: Sequence[Placed], most: int) -> list[Band]:
    """Any number of panels, at most so many in a band and about as many in each; those of a band share its
    width.
    """
    bands = -(-len(panels) // most)
    cuts = [-(-len(panels) * band // bands) for band in range(bands + 1)] if bands else []
    return [Band(height, panels[start:end]) for start, end in pairwise(cuts)]
