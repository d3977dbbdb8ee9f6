"""The health of the monitoring itself: exporters and forecaster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.publish import metrics
from grafana.panels.card import Card, Query
from grafana.panels.figures import figures
from grafana.panels.table import Column, Table, listing
from grafana.panels.timeline import MANY, timeline
from grafana.queries.counts import together
from grafana.queries.selectors import HOST
from grafana.style import colors, fields
from grafana.style.thresholds import AGE, ANY_IS_BAD

if TYPE_CHECKING:
    from grafana_foundation_sdk.builders import stat, table, timeseries

NO_FORECASTER = "No metrics of the forecaster: is it scraped?"


def forecast_age() -> stat.Panel:
    card = Card(
        "Forecasts",
        "s",
        "The time since the last successful cycle of the forecaster, which has one every 5 minutes by "
        "default. When it is much longer, predictions and scores on these pages are out of date: see the "
        "forecaster's log.",
        "none",
    )
    return figures(card, Query(f"time() - min({metrics.LAST_SUCCESS.name})"), steps=AGE).decimals(0)


def series_states() -> timeseries.Panel:
    card = Card(
        "Forecast series by state",
        "short",
        "How many series the forecaster follows. A learning series gets its forecast within a season. A "
        "stale one has had no sample lately: check its exporter. An unusable one has values that cannot be "
        "forecast.",
        NO_FORECASTER,
    )
    states = Query(together("state", metrics.SERIES.name), "{{state}}")
    styles = {state: fields.fixed(color) for state, color in colors.SERIES_STATES.items()}
    return timeline(card, states, styles=styles, points=MANY).decimals(0)


def cycle() -> timeseries.Panel:
    card = Card(
        "Forecast cycle",
        "s",
        "How long the forecaster's cycles take, queries to Prometheus included. Near the step (5 minutes by "
        "default) forecasts come late: shard the forecaster.",
        NO_FORECASTER,
    )
    return timeline(card, Query(f"max by (instance) ({metrics.CYCLE_DURATION.name})", "{{instance}}"))


def scrapes() -> timeseries.Panel:
    """The page has the variable `peak`."""
    card = Card(
        "Slowest host, by collector",
        "s",
        "How long each collector takes for a scrape, on the host where it takes longest. Near the scrape "
        "interval samples are lost: look for a guest or storage there that does not answer.",
        "No exporter answers",
    )
    series = f"libvirt_scrape_collector_duration_seconds$peak{{{HOST}}}"
    slowest = f"max by (collector) (max_over_time({series}[$__rate_interval]))"
    return timeline(card, Query(slowest, "{{collector}}"), points=MANY)


def collectors() -> table.Panel:
    card = Card(
        "Collectors",
        "none",
        "The number of hosts on which each collector works and fails. Where one fails, its metrics are "
        "missing and all others are there; the log of the exporter says why.",
        "No exporter answers",
    )
    success = f"libvirt_scrape_collector_success{{{HOST}}}"
    working = f"sum by (collector) ({success})"
    queries = {"works": working, "fails": f"sum by (collector) (1 - {success})"}
    shown = (
        Column("collector", "Collector"),
        Column("works", "Works on", fields.width(90)),
        Column("fails", "Fails on", {**fields.width(90), **fields.colored_cell(ANY_IS_BAD)}),
    )
    return listing(card, Table(("collector",), queries, shown, sort="fails", empty="collector"))
