"""Tables as of now: named queries, merged on the labels their series share."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from grafana_foundation_sdk.builders import table
from grafana_foundation_sdk.models import common as options
from grafana_foundation_sdk.models.dashboard import DataTransformerConfig
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from grafana.panels.card import Query, at_now, references, targets, titled
from grafana.style.fields import properties, width
from grafana.style.thresholds import NEUTRAL, thresholds

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from grafana.panels.card import Card
    from grafana.style.fields import Style


RANKED = re.compile(r"\W*((?:top|bottom)k\()")  # a query that gives a few of many series
NOTHING = "nothing"  # the label that says why there are no rows: a column that is there only then


@dataclass(frozen=True)
class Column:
    """A column: the name of what it shows, a query's value or one of the rows' labels, and its header.

    With `label` it shows this label of the query's series, instead of their value.
    """

    name: str
    header: str
    style: Style = field(default_factory=dict)
    label: str = ""

    def wide(self, pixels: int) -> Column:
        """The same column with this width. Columns without one share what is left, in equal parts."""
        return replace(self, style={**self.style, **width(pixels)})


@dataclass(frozen=True)
class Table:
    """What a table asks for and shows.

    labels: tell the rows apart; the queries' series are merged on them.
    queries: PromQL by name. Without series of the first one there are no rows.
    sort: the name of the column that orders the rows.
    empty: the label in whose place a table without rows says so, where nothing leads anywhere.
    source: the series without which there can be no rows, and what is said where there are none.
    some: what has series where the first query has: PromQL that is cheaper to ask.
    """

    labels: Sequence[str]
    queries: Mapping[str, str]
    columns: Sequence[Column]
    sort: str
    empty: str
    descending: bool = True
    source: tuple[str, str] = ("", "")
    some: str = ""

    def mistakes(self) -> Iterator[str]:
        """What does not fit together."""
        shown = [column.name for column in self.columns]
        for column in self.columns:
            if column.name not in self.queries and (column.label or column.name not in self.labels):
                yield f'the column "{column.header}" shows "{column.name}", which is no query and no label'
        for name in self.queries:
            if name in self.labels:
                yield f'"{name}" is both a query and a label'
            if name not in shown:
                yield f'no column shows the query "{name}"'
        yield from self._beyond()
        if len(set(shown)) < len(shown):
            yield "two columns show the same"
        if self.sort not in shown:
            yield f'rows are sorted by "{self.sort}", which no column shows'
        if self.empty not in shown or self.empty not in self.labels:
            yield f'"{self.empty}" is no label that a column shows'

    def _beyond(self) -> Iterator[str]:
        """Queries that give more series than a first one that chooses a few: rows with nothing else."""
        (first, rows), *others = self.queries.items()
        if chosen := RANKED.match(rows):
            few = rows[chosen.start(1) :].rstrip(")")
            yield from (
                f'"{name}" has values beyond the rows that "{first}" chooses'
                for name, expr in others
                if few not in expr
            )

    def fields(self) -> dict[str, str]:
        """The field that each column shows, in their order, by the columns' names."""
        values = {name: f"Value #{ref}" for ref, name in zip(references(), self.queries, strict=False)}
        return {each.name: each.label or values.get(each.name, each.name) for each in self.all_columns()}

    def all_columns(self) -> Iterator[Column]:
        """The columns, and before that of the label `empty` the one that is there without rows."""
        for column in self.columns:
            if column.name == self.empty:
                yield Column(NOTHING, column.header)
            yield column


def listing(card: Card, content: Table) -> table.Panel:
    """A table without rows shows an empty head only: where the first query gives none, one row says so.
    ValueError where names of queries, labels and columns do not fit.
    """
    if mistakes := list(content.mistakes()):
        raise ValueError(f"{card.title}: {'; '.join(mistakes)}")
    exprs = list(content.queries.values())
    exprs.append(_nothing(content, content.some or exprs[0], card.empty))
    panel = at_now(titled(table.Panel(), card), exprs)
    asked = targets(map(Query, exprs))
    panel.targets([target.instant().format(PromQueryFormat.TABLE) for target in asked])
    panel.transformations(list(_transformations(content)))
    panel.cell_height(options.TableCellHeight.SM).filterable(False).thresholds(thresholds(NEUTRAL))
    panel.min_width(50)
    fields = content.fields()
    for column in content.all_columns():
        style = {"displayName": column.header, "noValue": "-", **column.style}
        panel.override_by_name(fields[column.name], properties(style))
    return panel


def _nothing(content: Table, rows: str, text: str) -> str:
    """The row of a table without rows; the source, which may be all scores of a fleet, is read once."""
    series, unknown = content.source
    if not series:
        return f'label_replace(absent({rows}), "{NOTHING}", "{text}", "", "")'
    known, unsure = (
        f'label_replace({expr}, "{NOTHING}", "{said}", "", "")'
        for expr, said in ((f"group({series})", text), ("vector(1)", unknown))
    )
    return f"absent({rows}) * on () group_left ({NOTHING}) ({known} or on () {unsure})"


def _transformations(content: Table) -> Iterator[DataTransformerConfig]:
    fields = content.fields()
    shown = list(fields.values())
    steps: dict[str, dict[str, object]] = {
        "merge": {},
        "filterFieldsByName": {"include": {"names": shown}},
        "organize": {"indexByName": {name: index for index, name in enumerate(shown)}},
        "sortBy": {"sort": [{"field": fields[content.sort], "desc": content.descending}]},
    }
    for name, settings in steps.items():
        yield DataTransformerConfig(id_val=name, options=settings)
