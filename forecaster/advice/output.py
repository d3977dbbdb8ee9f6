"""What an adviser gives beside its table: items with a row for each output, from which the API's fields, the
gauges and the columns are derived.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, Literal, NamedTuple, TypeVar

from forecaster.advice.finding import ROWS, Adviser, Column, Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.metric import Metric
    from forecaster.series.labels import Labels
    from forecaster.view.view import Fresh

    # None: not known. A mapping has a value for each value of the output's dimension.
    Value = str | float | bool | None | Mapping[str, float] | Sequence[str]

ELSEWHERE = "The first shard advises on the whole fleet."
T = TypeVar("T")
Kind = Literal["text", "number", "count", "texts or null", "numbers"]


class Output(NamedTuple, Generic[T]):
    """One thing that is said of an item, where it is said, and where it comes from.

    kind: `numbers` is a mapping by name, such as by risk; the others are what they are called.
    gauge: its row, whose labels follow those of the item: none, or the one whose values the mapping has.
    column: its column of the table; `text` writes the cell, which is `read` without it.
    """

    name: str
    kind: Kind
    help: str
    read: Callable[[T], Value]
    gauge: Metric | None = None
    column: Column | None = None
    text: Callable[[T], str] | None = None

    def cell(self, item: T) -> str:
        """The cell of an item."""
        return str(self.read(item)) if self.text is None else self.text(item)

    def samples(self, item: T) -> Iterator[tuple[tuple[str, ...], float]]:
        """The values of its gauge and their labels; what is not known has none."""
        value = self.read(item)
        if isinstance(value, Mapping):
            yield from (((name,), float(each)) for name, each in value.items())
        elif isinstance(value, str):
            yield (value,), 1.0
        elif isinstance(value, float | int):
            yield (), float(value)


@dataclass(frozen=True)
class Advice(Generic[T]):
    """The items of an adviser, at `path` of the API: `labels` name what an item is about, and
    select its series. `also` names outputs whose texts are labels of the gauges, too.

    `items` gives all of them, the most important first; `shown` are those that the table has, and of which
    there are gauges if they are `lean`.
    """

    path: str
    help: str
    items: Callable[[Fresh], Sequence[T]]
    labels: Callable[[T], Labels]
    outputs: tuple[Output[T], ...]
    also: tuple[str, ...] = ()
    shown: Callable[[T], bool] = lambda _: True
    lean: bool = False

    def given(self, fresh: Fresh) -> Sequence[T]:
        """Its items. They are of the whole fleet, so one shard gives them: sums of gauges are the fleet's."""
        return self.items(fresh) if fresh.view.advises else ()

    @property
    def name(self) -> str:
        """The last part of the path, which names the list of the answer, too."""
        return self.path.rsplit("/", 1)[-1]

    @property
    def gauges(self) -> tuple[Metric, ...]:
        """The rows of its gauges."""
        return tuple(each.gauge for each in self.outputs if each.gauge is not None)

    def samples(self, fresh: Fresh) -> Iterator[tuple[Metric, Labels, tuple[str, ...], float]]:
        """For each value of the gauges: the row, the labels of the item, those of the row, the value."""
        also = [each for each in self.outputs if each.name in self.also]
        told = [(each, each.gauge) for each in self.outputs if each.gauge is not None]
        for item in self.given(fresh):
            if self.lean and not self.shown(item):
                continue
            labels = (*self.labels(item), *((each.name, str(each.read(item))) for each in also))
            for each, gauge in told:
                for own, value in each.samples(item):
                    yield gauge, labels, own, value

    def findings(self, fresh: Fresh) -> Iterator[Finding]:
        """The items of the table, in their order."""
        for place, item in enumerate(filter(self.shown, self.given(fresh))):
            yield Finding((place,), partial(self._cells, item), "", self.labels(item))

    def _cells(self, item: T) -> tuple[str, ...]:
        return tuple(each.cell(item) for each in self.outputs if each.column is not None)


@dataclass(frozen=True, kw_only=True)
class ItemAdviser(Adviser):
    """An adviser whose table, API and gauges come from the outputs of its items."""

    advice: Advice[Any]

    def without(self, fresh: Fresh) -> str:
        """As of every adviser, or who gives the advice."""
        return super().without(fresh) if fresh.view.advises else ELSEWHERE


def adviser(
    name: str, title: str, advice: Advice[T], nothing: str = "None.", most: int = ROWS
) -> ItemAdviser:
    """The adviser of this advice."""
    columns = tuple(each.column for each in advice.outputs if each.column is not None)
    return ItemAdviser(name, title, columns, advice.findings, nothing, most, advice=advice)
