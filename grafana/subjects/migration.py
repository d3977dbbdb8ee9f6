"""Live migrations: what moves now, what has moved, and how it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana_foundation_sdk.models.common import VizOrientation

from grafana.panels.card import Card, Query
from grafana.panels.figures import figures
from grafana.panels.table import Column, Table, listing
from grafana.panels.timeline import timeline
from grafana.queries.selectors import HOST, NARROWED, THIS_VM
from grafana.style import colors, fields
from grafana.style.thresholds import GOING
from grafana.subjects import columns

if TYPE_CHECKING:
    from grafana_foundation_sdk.builders import stat, table, timeseries

PRESENT = (
    f"count(libvirt_domain_last_migration_timestamp_seconds{{{HOST}}} or libvirt_domain_job_info{{{HOST}}})"
)
VM_LABELS = ("instance", "domain")
ENDED_LABELS = ("instance", "domain", "direction", "result")
RESULT = Column("result", "Result", {**fields.colored_names(colors.RESULTS), **fields.width(72)})
AGO = Column("ago", "Ago", {**fields.unit("s", 1), **fields.width(70)})
DURATION = Column("duration", "Duration", {**fields.unit("s", 1), **fields.width(75)})
PAUSE = Column("pause", "Pause", {**fields.unit("s", 0), **fields.width(60)})


def job(measure: str, matchers: str) -> str:
    """A figure of migrations under way, as the hosts they leave report it."""
    leaving = f'libvirt_domain_job_info{{operation="migration_out", {matchers}}}'
    figure = f"libvirt_domain_job_{measure}{{{matchers}}}"
    return f"max by (instance, domain) ({figure} and on (instance, domain) {leaving})"


def _ended(matchers: str) -> dict[str, str]:
    """How long ago the last migrations ended, how long they took and how long the VM paused."""
    by = f"max by ({', '.join(ENDED_LABELS)})"
    return {
        "ago": f"time() - {by} (libvirt_domain_last_migration_timestamp_seconds{{{matchers}}})",
        "duration": f"{by} (libvirt_domain_last_migration_duration_seconds{{{matchers}}})",
        "pause": f"{by} (libvirt_domain_last_migration_downtime_seconds{{{matchers}}})",
    }


def moving_count(matchers: str) -> str:
    return f"count({job('elapsed_seconds', matchers)})"


def moving() -> table.Panel:
    card = Card(
        "Running now",
        "none",
        "Live migrations under way, as the host that the VM leaves reports them. A migration whose memory "
        "is dirtied about as fast as it is sent does not end by itself: give it more bandwidth, or allow a "
        "longer pause.",
        "No VM moves",
    )
    total = f"({job('data_total_bytes', NARROWED)} > 0)"
    queries = {
        "elapsed": job("elapsed_seconds", NARROWED),
        "progress": f"clamp_min(1 - {job('data_remaining_bytes', NARROWED)} / {total}, 0)",
        "left": job("data_remaining_bytes", NARROWED),
        "sent": job("memory_bytes_per_second", NARROWED),
        "dirtied": job("memory_dirty_bytes_per_second", NARROWED),
    }
    shown = (
        columns.VM.wide(85),
        Column("instance", "From", fields.at_least(82)),
        Column("progress", "Progress", fields.gauge_cell(GOING)),
        Column("elapsed", "For", {**fields.unit("s", 0), **fields.width(55)}),
        Column("left", "Left", {**fields.unit("bytes", 0), **fields.width(70)}),
        Column("sent", "Sent", {**fields.unit("binBps", 0), **fields.width(82)}),
        Column("dirtied", "Dirtied", {**fields.unit("binBps", 0), **fields.width(82)}),
    )
    return listing(card, Table(VM_LABELS, queries, shown, sort="elapsed", empty="instance"))


def moved() -> table.Panel:
    card = Card(
        "Last migrations",
        "none",
        "How the last migration of each VM ended, the newest first. The pause is how long the VM stood "
        "still. After a failed migration the VM runs where it was: the libvirt log of that host says why.",
        "No VM has moved",
    )
    shown = (columns.VM, Column("instance", "From"), RESULT, AGO, DURATION, PAUSE)
    queries = _ended(f'direction="outgoing", {NARROWED}')
    return listing(card, Table(ENDED_LABELS, queries, shown, sort="ago", descending=False, empty="instance"))


def results(span: str) -> stat.Panel:
    card = Card(
        f"Ended in {span}",
        "none",
        "Live migrations by result, counted on the hosts that the VMs left.",
        "none",
    )
    counted = f'increase(libvirt_migrations_total{{{{direction="outgoing", result="{{}}", {HOST}}}}}[{span}])'
    queries = [Query(f"round(sum({counted.format(result)}))", result) for result in colors.RESULTS]
    styles = {result: fields.counted(color) for result, color in colors.RESULTS.items()}
    return figures(card, *queries, styles=styles).orientation(VizOrientation.HORIZONTAL)


def progress() -> timeseries.Panel:
    """One VM's migration while it runs."""
    card = Card(
        "Migration in progress",
        "binBps",
        "How fast memory is sent, how fast the guest dirties it, and how much is left to send (right axis). "
        "As long as memory is dirtied about as fast as it is sent, the migration does not end by itself: "
        "give it more bandwidth, or allow a longer pause.",
        "No migration in this time",
    )
    queries = (
        Query(f"max({job('memory_bytes_per_second', THIS_VM)})", "Sent"),
        Query(f"max({job('memory_dirty_bytes_per_second', THIS_VM)})", "Dirtied"),
        Query(f"max({job('data_remaining_bytes', THIS_VM)})", "Left to send"),
    )
    left: fields.Style = {
        **fields.unit("bytes"),
        "custom.axisPlacement": "right",
        "custom.lineStyle": {"fill": "dash", "dash": [6, 6]},
    }
    styles = {
        "Sent": fields.fixed(colors.ACTUAL),
        "Dirtied": fields.fixed(colors.WARN),
        "Left to send": {**left, **fields.fixed(colors.PREDICTED)},
    }
    return timeline(card, *queries, styles=styles)


def last() -> table.Panel:
    """One VM's last migrations, as each host reports it."""
    card = Card(
        "Last migration",
        "none",
        "How the last migration of the VM ended, as the host that it left and the host that it reached "
        "report it.",
        "This VM has not moved",
    )
    direction = Column("direction", "Direction", fields.width(82))
    shown = (Column("instance", "Host"), direction, RESULT, AGO, DURATION, PAUSE)
    queries = _ended(THIS_VM)
    return listing(card, Table(ENDED_LABELS, queries, shown, sort="ago", descending=False, empty="instance"))
