"""The health of the monitoring itself: exporters and forecaster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana import style
from grafana.panels import Card, Column, Query, listing, override, timeline
from grafana.resources import HOST

if TYPE_CHECKING:
    from grafana_foundation_sdk.builders import table, timeseries

STATES = {
    "ready": style.GOOD,
    "learning": "blue",
    "stale": style.WARN,
    "gone": "#8e8e8e",
    "unusable": style.BAD,
}


def series_states(number: int) -> timeseries.Panel:
    card = Card(
        number,
        "Forecast series by state",
        "short",
        "How many series the forecaster follows. Learning ones get their forecast within a season; stale "
        "ones have not been fed lately: check their exporter; unusable ones carry values that cannot be "
        "forecast.",
        "The forecaster tells nothing: is it scraped?",
    )
    panel = timeline(card, Query("sum by (state) (virtcast_series)", "{{state}}")).decimals(0)
    return override(panel, {state: style.fixed(color) for state, color in STATES.items()})


def cycle(number: int) -> timeseries.Panel:
    card = Card(
        number,
        "Forecast cycle",
        "s",
        "How long the forecaster's cycles take, of which queries to Prometheus are a part. Nearing the step "
        "(5 minutes by default), forecasts come late: shard the forecaster.",
        "The forecaster tells nothing: is it scraped?",
    )
    return timeline(card, Query("max by (instance) (virtcast_cycle_duration_seconds)", "{{instance}}"))


def scrapes(number: int) -> timeseries.Panel:
    card = Card(
        number,
        "Slowest host, by collector",
        "s",
        "How long each collector takes per scrape on the host where it takes longest. Nearing the scrape "
        "interval, figures are lost: look for a stuck guest or slow storage there.",
        "No exporter answers",
    )
    slowest = f"max by (collector) (libvirt_scrape_collector_duration_seconds{{{HOST}}})"
    return timeline(card, Query(slowest, "{{collector}}"))


def collectors(number: int) -> table.Panel:
    card = Card(
        number,
        "Collectors",
        "none",
        "On how many hosts each collector fails: its figures are missing there, all others are not. The "
        "exporter's log says why.",
        "No exporter answers",
    )
    success = f"libvirt_scrape_collector_success{{{HOST}}}"
    queries = (
        Query(f"sum by (collector) ({success})"),
        Query(f"count by (collector) ({success}) - sum by (collector) ({success})"),
    )
    columns = (
        Column("collector", "Collector", {}),
        Column("Value #A", "Works on", {"custom.width": 90}),
        Column("Value #B", "Fails on", {"custom.width": 90, **style.colored_cell(style.ANY_IS_BAD)}),
    )
    return listing(card, queries, columns, "Value #B", empty="collector")
