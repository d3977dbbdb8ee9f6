"""Live migrations as forecast, beside what they were: by VM, over time, and how far forecasts were off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.advice import migrations as advice
from grafana.panels.card import Card, Query
from grafana.panels.figures import figures
from grafana.panels.table import Column, Table, listing
from grafana.panels.timeline import MANY, timeline
from grafana.queries.counts import together
from grafana.queries.rates import share
from grafana.queries.selectors import HOST, NARROWED
from grafana.style import colors, fields

if TYPE_CHECKING:
    from grafana_foundation_sdk.builders import stat, table, timeseries

ROWS = 20
PRESENT = f"count({advice.CONVERGES.name}{{{HOST}}})"
SOURCE = (advice.CONVERGES.name, "None known: no dirty rates, no migrations")
VM_LABELS = ("instance", "domain")
LAST = 'libvirt_domain_last_migration_{}{{direction="outgoing", result="success"}}'
ENDED = LAST.format("timestamp_seconds")
# Each host keeps the last migration that left it: the last one of a VM is the newest of those.
NEWEST = f"topk by (domain) (1, max by (instance, domain) ({ENDED}))"
MOVED = f"{ENDED} @ end() > timestamp({ENDED} @ end()) - $__range_s"
# The forecaster's counters: errors by the measure that they are of.
JUDGED, ERRORS, OF = (
    f"virtcast_migration_{name}_total"
    for name in ("forecasts_judged", "forecast_error_seconds", "judged_seconds")
)
DOWNTIME_ERRORS = "virtcast_migration_downtime_error_seconds_total"


def _expected(name: str) -> str:
    return f"max by (instance, domain) ({name}{{{NARROWED}}})"


def _newest(measure: str) -> str:
    """Of the VM's last migration, from wherever it came."""
    return f"max by (domain) ({LAST.format(measure)} and on (instance, domain) {NEWEST})"


def _of_vms() -> dict[str, str]:
    """The columns of the VMs that would take longest, forecast and real."""
    ends, takes = _expected(advice.CONVERGES.name), _expected(advice.SECONDS.name)
    first = f"bottomk({ROWS}, {ends} - {takes} / 1e6 or {ends})"
    at = f"and on (instance, domain) ({first})"

    def last(measure: str) -> str:
        """Of the VM of this name."""
        return f"(0 * {ends} + on (domain) group_left () {_newest(measure)}) {at}"

    return {
        "ends": f"{ends} {at}",
        "takes": f"{takes} {at}",
        "took": last("duration_seconds"),
        "pauses": f"{_expected(advice.DOWNTIME.name)} {at}",
        "paused": last("downtime_seconds"),
        "sends": f"{_expected(advice.TRANSFERRED.name)} {at}",
        "sent": last("transferred_bytes"),
    }


def by_vm() -> table.Panel:
    card = Card(
        "If it moved now, and when it last moved",
        "none",
        "What a live migration of each VM would take if it began now, without a limit of bandwidth, beside "
        "its last one that succeeded. Those that would not end come first: their guests dirty memory faster "
        "than it can be sent; slow the guest down, or allow post-copy. Then the longest.",
        "No VM's migration can be forecast",
    )
    seconds, amount = (
        {**fields.unit("s", 1), **fields.width(95)},
        {**fields.unit("bytes", 0), **fields.width(85)},
    )
    words = {"1": ("yes", colors.GOOD), "0": ("never", colors.BAD)}
    shown = (
        Column("domain", "VM", fields.at_least(90)),
        Column("instance", "Host", fields.at_least(90)),
        Column("ends", "Ends", {**fields.colored_words(words), **fields.width(60)}),
        Column("takes", "Takes", seconds),
        Column("took", "Last took", seconds),
        Column("pauses", "Pauses", seconds),
        Column("paused", "Last pause", seconds),
        Column("sends", "Sends", amount),
        Column("sent", "Last sent", amount),
    )
    content = Table(VM_LABELS, _of_vms(), shown, sort="takes", empty="domain", source=SOURCE)
    return listing(card, content)


def over_time() -> timeseries.Panel:
    card = Card(
        "Duration: forecast and real",
        "s",
        "Of VMs that moved within the chosen time: the duration that was forecast at each moment for a "
        "migration that begins then (line), and the real one at the moment it ended (dots). Dots far above "
        "the line: less bandwidth than usual, or a limit that was set by hand.",
        "No VM with a forecast moved in this time",
    )
    forecast = (
        f"max by (domain) ({advice.SECONDS.name}{{{NARROWED}}}) and on (domain) max by (domain) ({MOVED})"
    )
    took = _newest("duration_seconds")
    ended = f"max by (domain) ({ENDED})"
    just = f"{ended} unless on (domain) {ended} <= max by (domain) ({ENDED} offset $__interval)"
    panel = timeline(
        card,
        Query(forecast, "{{domain}}, forecast"),
        Query(f"{took} and on (domain) ({just})", "{{domain}}, real"),
        points=MANY,
    )
    dots: fields.Style = {"custom.drawStyle": "points", "custom.showPoints": "always", "custom.pointSize": 8}
    return panel.override_by_regexp(".*, real", fields.properties(dots))


def error() -> stat.Panel:
    card = Card(
        "Error of forecasts",
        "percentunit",
        "The errors of the durations that were forecast before migrations began, in sum, as a share of the "
        "real durations; and how many migrations of the chosen time were judged.",
        "none judged",
    )
    errors, of, pauses, judged = (
        together("", f"increase({each}[$__range])") for each in (ERRORS, OF, DOWNTIME_ERRORS, JUDGED)
    )
    queries = (
        Query(share(errors, of), "duration"),
        Query(share(pauses, judged), "pause, mean"),
        Query(f"round({judged})", "judged"),
    )
    styles = {"pause, mean": fields.unit("s", 2), "judged": fields.unit("none", 0)}
    return figures(card, *queries, styles=styles)
