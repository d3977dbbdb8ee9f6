"""What every panel has: texts, unit, data source, queries."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count, product
from string import ascii_uppercase
from typing import TYPE_CHECKING, TypeVar

from grafana_foundation_sdk.builders import (
    bargauge,
    heatmap,
    nodegraph,
    stat,
    statetimeline,
    statushistory,
    table,
    timeseries,
)
from grafana_foundation_sdk.builders.prometheus import Dataquery

from grafana.style.fields import properties
from grafana.variables import DATASOURCE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from grafana.style.fields import Style

P = TypeVar(
    "P",
    timeseries.Panel,
    stat.Panel,
    table.Panel,
    bargauge.Panel,
    statetimeline.Panel,
    statushistory.Panel,
    heatmap.Panel,
    nodegraph.Panel,
)


@dataclass(frozen=True)
class Card:
    """The texts of a panel and the unit of its values, by Grafana's id; `empty` is shown without data."""

    title: str
    unit: str
    description: str
    empty: str = "No data"


@dataclass(frozen=True)
class Query:
    """PromQL and how its series are called."""

    expr: str
    legend: str = ""


def references() -> Iterator[str]:
    """The ids of a panel's queries: A … Z, AA, AB …"""
    for length in count(1):
        yield from map("".join, product(ascii_uppercase, repeat=length))


def targets(queries: Iterable[Query]) -> list[Dataquery]:
    return [
        Dataquery().ref_id(reference).expr(query.expr).legend_format(query.legend)
        for reference, query in zip(references(), queries, strict=False)
    ]


def with_empty(query: Query, card: Card, rows: str, source: tuple[str, str]) -> list[Query]:
    """The query, and rows without values that say why there are none, where Grafana would show an error.
    `rows` says at every step whether there are any within the whole range; `source` as of a table.
    """
    series, unknown = source
    if not series:
        return [query, Query(f"absent({rows}) * NaN", card.empty)]
    there = f"last_over_time({series}[$__range] @ end())"
    known = f"(absent({rows}) and on () count({there})) * NaN"
    return [query, Query(known, card.empty), Query(f"absent({there}) * NaN", unknown)]


def titled(panel: P, card: Card) -> P:
    panel.title(card.title).description(card.description).unit(card.unit)
    panel.datasource(DATASOURCE).no_value(card.empty)
    return panel


def at_now(panel: P, exprs: Iterable[str]) -> P:
    """Instant queries run at the end of the range, which may lie ahead; a time of its own ends at now. It is
    `$__range` of the panel, too: what looks back over the range keeps the page's, which must end at now.
    """
    if any("$__range" in expr for expr in exprs):
        return panel
    return panel.time_from("1h").hide_time_override(True)


def style_series(panel: P, card: Card, queries: Sequence[Query], styles: Mapping[str, Style]) -> P:
    """Overrides for series, by the name shown; ValueError where no query gives a series of that name."""
    legends = {query.legend for query in queries}
    if not any("{{" in legend for legend in legends) and (strange := set(styles) - legends):
        raise ValueError(f"{card.title}: no series is called {sorted(strange)}; there are {sorted(legends)}")
    for name, style in styles.items():
        panel.override_by_name(name, properties(style))
    return panel
