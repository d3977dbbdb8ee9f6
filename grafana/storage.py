"""Storage pools: how full, and when there is no room left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana import style
from grafana.links import HOST_CELL
from grafana.panels import Card, Column, Query, listing, timeline
from grafana.resources import HOST

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grafana_foundation_sdk.builders import table, timeseries

KEY = "instance, pool"
POOLS = f'resource="pool", {HOST}'


def pools(number: int, horizons: Sequence[str], *, of_all: bool = False) -> table.Panel:
    """The fullest first, of one host or of all; a column with the probability for each of the `horizons`."""
    card = Card(
        number,
        "Storage pools",
        "none",
        "Each pool: what is used and free of the storage below it, how probable it is that its limit is "
        "reached within the time in the head, and when: early is the time with a chance of one in ten, late "
        "with nine in ten. A full pool pauses every VM that writes to it.",
        "No storage pools",
    )
    chances = [
        f'max by ({KEY}) (virtcast_exhaustion_probability_ratio{{horizon="{each}", {POOLS}}})'
        for each in horizons
    ]
    left = [
        f'clamp_min(min by ({KEY}) (virtcast_exhaustion_timestamp_seconds{{quantile="{each}", {POOLS}}}) '
        "- time(), 0)"
        for each in ("0.1", "0.5", "0.9")
    ]
    queries = (
        Query(f"max by ({KEY}) (pool:utilization:ratio{{{HOST}}})"),
        Query(f"max by ({KEY}) (libvirt_pool_info_available_bytes{{{HOST}}})"),
        *(Query(expr) for expr in (*left, *chances)),
    )
    until = {"custom.width": 90, **style.time_left_cell()}
    likely = {**style.PERCENT, "custom.width": 85, **style.colored_cell(style.PROBABILITY)}
    columns = (
        Column("pool", "Pool", {}),
        *([Column("instance", "Host", HOST_CELL)] if of_all else []),
        Column("Value #A", "Used", {**style.PERCENT, **style.gauge_cell(style.UTILIZATION)}),
        Column("Value #B", "Free", {"unit": "bytes", "custom.width": 90}),
        *(Column(f"Value #{ref}", f"In {each}", likely) for ref, each in zip("FGHI", horizons, strict=False)),
        *(
            Column(f"Value #{ref}", name, until)
            for ref, name in zip("CDE", ("Early", "Median", "Late"), strict=True)
        ),
    )
    return listing(card, queries, columns, "Value #A", empty="pool")


def history(number: int, past: str) -> timeseries.Panel:
    card = Card(
        number,
        f"Storage pools, the last {past}",
        "percentunit",
        "How full each pool was, over longer than the page: a slow fill shows over days, and what is cleared "
        "each night or week comes back.",
        "No storage pools",
    )
    used = f"max by ({KEY}) (pool:utilization:ratio{{{HOST}}})"
    return timeline(card, Query(used, "{{pool}} on {{instance}}")).time_from(past)
