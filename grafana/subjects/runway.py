"""How long hosts, storage pools, disks and file systems last, by the trend of weeks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.advice import days_left, runway
from grafana.panels.card import Card, Query
from grafana.panels.figures import figures
from grafana.panels.table import Column, Table, listing
from grafana.queries.by_what import LABELS, ByWhat, rows_of
from grafana.queries.selectors import JUDGED
from grafana.style import fields
from grafana.style.thresholds import MONTHS_LEFT
from grafana.subjects import columns

if TYPE_CHECKING:
    from grafana_foundation_sdk.builders import stat, table

    from grafana.profile import Profile

EARLY, MEDIAN, LATE = days_left.QUANTILES
TIMES = ("early", "median", "late")
NOT_YET = "Nothing within a year, or less than a week of history"


def _left(quantile: float) -> str:
    return f'{runway.LEFT.name}{{quantile="{quantile}", {JUDGED}}}'


def shortest() -> stat.Panel:
    card = Card(
        "Runway",
        "s",
        "How long the first host, storage pool, disk image or file system lasts, by the median of the trend "
        "of four weeks. Capacity has all of them. None is known beyond a year, or "
        "without a week of history.",
        "none known",
    )
    return figures(card, Query(f"min({_left(MEDIAN)})"), steps=MONTHS_LEFT).decimals(0)


def listed(profile: Profile) -> table.Panel:
    card = Card(
        "Runway, by the trend of four weeks",
        "none",
        "How long hosts, storage pools, disk images and file systems last, the shortest first. Early, median "
        f"and late: by then the limit is reached with a probability of {EARLY:.0%}, {MEDIAN:.0%} and "
        f"{LATE:.0%}. Unlike the forecast it looks at weeks, not hours. Order hardware before the early "
        "time.",
        NOT_YET,
    )
    by_what = ByWhat(profile.resources)
    rows = f"bottomk(20, {by_what.keyed(_left(MEDIAN))})"
    queries = {
        "median": rows,
        "early": rows_of(rows, by_what.keyed(_left(EARLY))),
        "late": rows_of(rows, by_what.keyed(_left(LATE))),
    }
    style = {**fields.unit("s", 0), **fields.colored_cell(MONTHS_LEFT), **fields.width(85)}
    shown = (
        columns.what(by_what, 150),
        columns.VM,
        columns.HOST,
        *(Column(name, name.capitalize(), style) for name in TIMES),
    )
    return listing(card, Table(LABELS, queries, shown, sort="median", descending=False, empty="what"))
