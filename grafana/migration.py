"""Live migrations: what moves now, what has moved, and how it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana_foundation_sdk.models.common import VizOrientation

from grafana import style
from grafana.links import VM_CELL
from grafana.panels import Card, Column, Query, figures, listing, override, timeline
from grafana.resources import HOST

if TYPE_CHECKING:
    from grafana_foundation_sdk.builders import stat, table, timeseries

RESULT_WORDS = {result: (result, color) for result, color in style.RESULTS.items()}
VM_COLUMN = Column("domain", "VM", VM_CELL)
WHICH = "instance, domain, direction, result"


def _job(measure: str, matchers: str) -> str:
    """A figure of migrations under way, as told by the hosts they leave."""
    leaving = f'libvirt_domain_job_info{{operation="migration_out", {matchers}}}'
    figure = f"libvirt_domain_job_{measure}{{{matchers}}}"
    return f"max by (instance, domain) ({figure} and on (instance, domain) {leaving})"


def moving_count(matchers: str) -> str:
    return f"count({_job('elapsed_seconds', matchers)})"


def moving(number: int) -> table.Panel:
    card = Card(
        number,
        "Running now",
        "none",
        "Live migrations under way, seen from the host they leave. A migration whose memory is dirtied "
        "about as fast as it is sent does not end by itself: give it bandwidth or allow a longer pause.",
        "No VM moves",
    )
    queries = (
        Query(_job("elapsed_seconds", HOST)),
        Query(f"{_job('data_processed_bytes', HOST)} / ({_job('data_total_bytes', HOST)} > 0)"),
        Query(_job("data_remaining_bytes", HOST)),
        Query(_job("memory_bytes_per_second", HOST)),
        Query(_job("memory_dirty_bytes_per_second", HOST)),
    )
    columns = (
        VM_COLUMN,
        Column("instance", "From", {}),
        Column("Value #B", "Progress", {**style.PERCENT, **style.gauge_cell(style.GOING)}),
        Column("Value #A", "For", {"unit": "s", "decimals": 0, "custom.width": 65}),
        Column("Value #C", "Left", {"unit": "bytes", "decimals": 0, "custom.width": 75}),
        Column("Value #D", "Sent", {"unit": "binBps", "decimals": 0, "custom.width": 82}),
        Column("Value #E", "Dirtied", {"unit": "binBps", "decimals": 0, "custom.width": 82}),
    )
    return listing(card, queries, columns, "Value #A", empty="instance")


def moved(number: int) -> table.Panel:
    card = Card(
        number,
        "Last migrations",
        "none",
        "How each VM's last migration ended, as both hosts tell it, the newest first. The pause is how long "
        "the VM stood still. A failed one stays where it was: see the host's libvirt log for the reason.",
        "No VM has moved",
    )
    matchers = f'{{direction="outgoing", {HOST}}}'
    queries = (
        Query(f"time() - max by ({WHICH}) (libvirt_domain_last_migration_timestamp_seconds{matchers})"),
        Query(f"max by ({WHICH}) (libvirt_domain_last_migration_duration_seconds{matchers})"),
        Query(f"max by ({WHICH}) (libvirt_domain_last_migration_downtime_seconds{matchers})"),
    )
    columns = (
        VM_COLUMN,
        Column("instance", "From", {}),
        Column("result", "Result", {**style.colored_words(RESULT_WORDS), "custom.width": 80}),
        Column("Value #A", "Ago", {"unit": "s", "decimals": 1, "custom.width": 85}),
        Column("Value #B", "Duration", {"unit": "s", "decimals": 1, "custom.width": 78}),
        Column("Value #C", "Pause", {"unit": "s", "decimals": 0, "custom.width": 70}),
    )
    return listing(card, queries, columns, "Value #A", descending=False, empty="instance")


def results(number: int, span: str) -> stat.Panel:
    card = Card(
        number,
        f"Ended in {span}",
        "none",
        "Live migrations by result, counted on the hosts they left.",
    )
    counted = f'increase(libvirt_migrations_total{{{{direction="outgoing", result="{{}}", {HOST}}}}}[{span}])'
    queries = [Query(f"round(sum({counted.format(result)}))", result) for result in style.RESULTS]
    panel = figures(card, *queries).orientation(VizOrientation.HORIZONTAL)
    return override(panel, {result: style.counted(color) for result, color in style.RESULTS.items()})


def progress(number: int, matchers: str) -> timeseries.Panel:
    """One VM's migration while it runs."""
    card = Card(
        number,
        "Migration in progress",
        "binBps",
        "How fast memory is sent and how fast the guest dirties it, and what is left to send (right axis). "
        "As long as dirtying is about as fast as sending, the migration does not end by itself.",
        "No migration in this time",
    )
    queries = (
        Query(f"max({_job('memory_bytes_per_second', matchers)})", "Sent"),
        Query(f"max({_job('memory_dirty_bytes_per_second', matchers)})", "Dirtied"),
        Query(f"max({_job('data_remaining_bytes', matchers)})", "Left to send"),
    )
    left = {
        "unit": "bytes",
        "custom.axisPlacement": "right",
        "custom.lineStyle": {"fill": "dash", "dash": [6, 6]},
    }
    colors = {"Sent": style.fixed(style.ACTUAL), "Dirtied": style.fixed(style.WARN)}
    return override(timeline(card, *queries), {**colors, "Left to send": {**left, **style.fixed("purple")}})


def last(number: int, matchers: str) -> table.Panel:
    """One VM's last migrations, as each host tells it."""
    card = Card(
        number,
        "Last migration",
        "none",
        "How the VM's last migration ended, as told by the host it left and the host it reached.",
        "This VM has not moved",
    )
    queries = (
        Query(f"time() - max by ({WHICH}) (libvirt_domain_last_migration_timestamp_seconds{{{matchers}}})"),
        Query(f"max by ({WHICH}) (libvirt_domain_last_migration_duration_seconds{{{matchers}}})"),
        Query(f"max by ({WHICH}) (libvirt_domain_last_migration_downtime_seconds{{{matchers}}})"),
    )
    columns = (
        Column("instance", "Host", {}),
        Column("direction", "Direction", {"custom.width": 90}),
        Column("result", "Result", {**style.colored_words(RESULT_WORDS), "custom.width": 80}),
        Column("Value #A", "Ago", {"unit": "s", "decimals": 1, "custom.width": 85}),
        Column("Value #B", "Duration", {"unit": "s", "decimals": 1, "custom.width": 78}),
        Column("Value #C", "Pause", {"unit": "s", "decimals": 0, "custom.width": 70}),
    )
    return listing(card, queries, columns, "Value #A", descending=False, empty="instance")
