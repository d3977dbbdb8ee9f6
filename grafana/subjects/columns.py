"""Columns that several tables have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana.links import ANYBODYS_VM_CELL, HOST_CELL, VM_CELL
from grafana.panels.table import Column, Table
from grafana.queries.forecasts import EARLY, LATE, MEDIAN
from grafana.resources import fills, unit
from grafana.style import fields

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from forecaster.config.resource import Resource
    from grafana.queries.by_what import ByWhat
    from grafana.resources import Measure

VM = Column("domain", "VM", VM_CELL)
ANYBODYS_VM = Column("domain", "VM", ANYBODYS_VM_CELL)  # in tables that no owner narrows
HOST = Column("instance", "Host", HOST_CELL)
# Times of exhaustion: name, header, quantile of the forecast.
TIMES = (("early", "Early", EARLY), ("median", "Median", MEDIAN), ("late", "Late", LATE))
ABOUT_TIMES = (
    "Early, median and late: by then the limit is reached with a probability of "
    f"{EARLY:.0%}, {MEDIAN:.0%} and {LATE:.0%}. No time: none is known, or no end is in sight."
)


def of_hosts(queries: Mapping[str, str], shown: Sequence[Column], some: str) -> Table:
    """A row for each host, by its name; `some` has an answer where there are hosts."""
    return Table(
        ("instance",), queries, shown, sort="instance", descending=False, empty="instance", some=some
    )


def what(by_what: ByWhat, least: int) -> Column:
    """The resource of a row, at least so many pixels wide."""
    return Column("what", "Resource", {**by_what.words(), **fields.at_least(least)})


def value_of(resource: Resource) -> str:
    """The name of a query for the values of one resource."""
    return f"value of {resource.name}"


def of(resource: Resource) -> Column:
    """The values of one resource: a bar where they say how full it is."""
    style = fields.USED if fills(resource) else fields.unit(unit(resource))
    return Column(value_of(resource), resource.title, style)


def used(measures: Iterable[Measure]) -> list[Column]:
    """The actual values, a column for each measure: a bar where they say how full the resource is."""
    return [
        Column(each.named("used"), each.named("Now"), {**fields.unit(each.unit), **fields.width(85)})
        if each.name
        else Column("used", "Used", fields.USED)
        for each in measures
    ]


def times(width: int) -> list[Column]:
    return [Column(name, header, {**fields.width(width), **fields.TIME}) for name, header, _ in TIMES]
