"""How long hosts, storage pools, disks and file systems last, by the trend of weeks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from forecaster.advice import days_left, runway
from forecaster.view.rollups import THIN_POOL
from grafana.panels.card import Card, Query
from grafana.panels.figures import figures
from grafana.panels.table import Column, Table, listing
from grafana.queries.by_what import LABELS, ByWhat, rows_of, worded
from grafana.queries.selectors import JUDGED
from grafana.style import fields
from grafana.style.mappings import time_is_up
from grafana.style.thresholds import MONTHS_LEFT
from grafana.subjects import columns

if TYPE_CHECKING:
    from grafana_foundation_sdk.builders import stat, table

    from grafana.profile import Profile

EARLY, MEDIAN, LATE = days_left.QUANTILES
# What only advice knows of, in words; and the labels that say which one it is.
TOGETHER = {
    "cluster_cpu": "CPU of cluster",
    "cluster_memory": "Memory of cluster",
    "thin_pool": "Thin pool",
}
NAMED = ("cluster", *THIN_POOL[1:])
TIMES = ("early", "median", "late")
NOT_YET = "Nothing within a year, or less than a week of history"


def _left(quantile: float) -> str:
    return f'{runway.LEFT.name}{{quantile="{quantile}", {JUDGED}}}'


def _named(quantile: float) -> str:
    """With the names of clusters and thin pools in the place of a storage pool's, which they do not have."""
    labels = ", ".join(f'"{label}"' for label in ("pool", *NAMED))
    return f'label_join({_left(quantile)}, "pool", " ", {labels})'


def _what(by_what: ByWhat) -> Column:
    own = columns.what(by_what, 200)
    rows = [worded(name, title) for name, title in TOGETHER.items()]
    return replace(own, style={**own.style, "mappings": [*by_what.rows(), *rows]})


def shortest() -> stat.Panel:
    card = Card(
        "Runway",
        "s",
        "How long the first host, cluster without its largest host, pool, disk image or file system lasts, "
        "by the median of the trend of four weeks. Capacity has all of them. None is known beyond a year, or "
        "without a week of history.",
        "none known",
    )
    left = Query(f"min({_left(MEDIAN)})")
    return figures(card, left, steps=MONTHS_LEFT, words=time_is_up()).decimals(0)


def listed(profile: Profile) -> table.Panel:
    card = Card(
        "Runway, by the trend of four weeks",
        "none",
        "How long hosts, clusters without their largest host, storage pools, thin pools, disk images and "
        "file systems last, the shortest first. Early, median and late: by then the limit is reached with a "
        f"probability of {EARLY:.0%}, {MEDIAN:.0%} and {LATE:.0%}. Unlike the forecast it looks at weeks, "
        "not hours. Order hardware before the early time.",
        NOT_YET,
    )
    by_what = ByWhat(profile.resources)
    rows = f"bottomk(20, {by_what.keyed(_named(MEDIAN))})"
    queries = {
        "median": rows,
        "early": rows_of(rows, by_what.keyed(_named(EARLY))),
        "late": rows_of(rows, by_what.keyed(_named(LATE))),
    }
    style = {
        **fields.unit("s", 0),
        **fields.colored_cell(MONTHS_LEFT),
        "mappings": [fields.BLANK, fields.OVER],
        **fields.width(85),
    }
    shown = (
        _what(by_what),
        columns.VM,
        columns.HOST,
        *(Column(name, name.capitalize(), style) for name in TIMES),
    )
    return listing(card, Table(LABELS, queries, shown, sort="median", descending=False, empty="what"))
