"""Storage pools: how full, and when there is no room left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.config.resources import RESOURCES
from grafana.panels.card import Card, Query
from grafana.panels.table import Column, Table, listing
from grafana.panels.timeline import MANY, timeline
from grafana.queries import forecasts
from grafana.queries.selectors import HOST
from grafana.resources import series, unit
from grafana.style import fields
from grafana.subjects import columns

if TYPE_CHECKING:
    from grafana_foundation_sdk.builders import table, timeseries

    from forecaster.config.resource import Resource
    from grafana.profile import Profile

LABELS = ("instance", "pool")
FULLEST = 8  # as many lines can be told apart, and named beside the graph
HORIZONS = 3  # as many of the longest fit into the table

# What is free: as of now, where the exporter sees the file system below, as the use that rules record; else
# as of the last refresh of the pool.
BELOW, REFRESHED = (f"libvirt_pool_{of}_available_bytes{{{HOST}}}" for of in ("filesystem", "info"))
PRESENT = f"count(pool:utilization:ratio{{{HOST}}})"


def _pool(profile: Profile) -> Resource:
    """The row of storage pools; the built-in one where they are not forecast."""
    return {each.name: each for each in (*RESOURCES, *profile.resources)}["pool"]


def _highest(expr: str, reduce: str = "max") -> str:
    return f"{reduce} by ({', '.join(LABELS)}) ({expr})"


def pools(profile: Profile, *, of_all: bool = False) -> table.Panel:
    """The fullest first, of one host or of all; a column with the probability for each horizon."""
    card = Card(
        "Storage pools",
        "none",
        "Each pool: how much of the storage below it is used and free, and the probability that its limit "
        f"is reached within the time in the header. {columns.ABOUT_TIMES} A full pool pauses every VM that "
        "writes to it: extend the pool, or move images out of it, before that time.",
        "No storage pools",
    )
    pool = _pool(profile)
    mine = f'resource="{pool.name}", {HOST}'
    horizons = [each.label for each in pool.counted[-HORIZONS:]]
    when = {name: forecasts.reached(mine, quantile) for name, _, quantile in columns.TIMES}
    queries = {
        "used": _highest(series(pool, HOST)),
        "free": f"{_highest(BELOW)} or {_highest(REFRESHED)}",
        **{name: forecasts.time_left(_highest(expr, "min")) for name, expr in when.items()},
        **{f"within {each}": _highest(forecasts.probability(mine, each)) for each in horizons},
    }
    shown = (
        Column("pool", "Pool", fields.at_least(75)),
        *([columns.HOST.wide(90)] if of_all else []),
        Column("used", "Used", fields.USED).wide(90),
        Column("free", "Free", {**fields.unit("bytes"), **fields.width(80)}),
        *(Column(f"within {each}", f"In {each}", {**fields.CHANCE, **fields.width(70)}) for each in horizons),
        *columns.times(75),
    )
    return listing(card, Table(LABELS, queries, shown, sort="used", empty="pool"))


def history(profile: Profile) -> timeseries.Panel:
    pool = _pool(profile)
    card = Card(
        f"Storage pools, the last {profile.pools_past}",
        unit(pool),
        f"How full the {FULLEST} fullest pools were, over a longer time than the page shows: a slow fill "
        "shows over days, and what is deleted each night or week comes back.",
        "No storage pools, or no history of them yet",
    )
    used = _highest(series(pool, HOST))
    newest = _highest(f"last_over_time({series(pool, HOST)}[$__rate_interval] @ end())")
    fullest = f"{used} and on ({', '.join(LABELS)}) topk({FULLEST}, {newest})"
    shown = Query(fullest, "{{pool}} on {{instance}}")
    return timeline(card, shown, points=MANY).time_from(profile.pools_past)
