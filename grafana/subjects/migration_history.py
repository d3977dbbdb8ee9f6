"""Live migrations over time: how they ended, how long they took, from where to where, at what cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana_foundation_sdk.builders.common import StackingConfig
from grafana_foundation_sdk.models.common import GraphDrawStyle, StackingMode, VisibilityMode

from forecaster.view.inventory import SAME
from grafana.panels.card import Card, Query
from grafana.panels.figures import figures
from grafana.panels.heat import CELLS, SHORTEST, heat
from grafana.panels.table import Column, Table, listing
from grafana.panels.timeline import MANY, timeline
from grafana.queries.rates import increase, increase_each_step, mean_of_hosts, share
from grafana.queries.selectors import HOST, NARROWED
from grafana.style import colors, fields
from grafana.style.thresholds import SUCCESS
from grafana.subjects.migration import job

if TYPE_CHECKING:
    from grafana_foundation_sdk.builders import heatmap, stat, table, timeseries

NONE_ENDED = "No live migration ended in this time"
NONE_RUNS = "No live migration in this time"
OUTGOING = f'direction="outgoing", {HOST}'
RUNS = f'count(last_over_time(libvirt_domain_job_info{{operation="migration_out", {HOST}}}[$__range]))'
HAPPENED = f"count(libvirt_migrations_total{{{OUTGOING}}} > 0)"
ALSO = "Counted on the hosts that the VMs left, from the start of their exporter on."


def success_rate() -> stat.Panel:
    card = Card(
        "Successful",
        "percentunit",
        "The share of live migrations within the chosen time that succeeded. A cancelled one counts as not "
        f"successful. {ALSO}",
        "none ended",
    )
    ended = "sum(increase(libvirt_migrations_total$sampled{{{}}}[$__range]))"
    succeeded = ended.format(f'result="success", {OUTGOING}')
    return figures(card, Query(share(succeeded, ended.format(OUTGOING))), steps=SUCCESS).decimals(0)


def ended() -> timeseries.Panel:
    card = Card(
        "Ended, by result",
        "short",
        f"How many live migrations ended, by result. {ALSO} Look at the hosts in the table of pairs when "
        "failures come together.",
        NONE_ENDED,
    )
    rose = increase_each_step("libvirt_migrations_total$sampled", OUTGOING, "result")
    by_result = Query(f"{rose} > 0", "{{result}}")
    styles = {result: fields.fixed(color) for result, color in colors.RESULTS.items()}
    panel = timeline(card, by_result, styles=styles).draw_style(GraphDrawStyle.BARS).fill_opacity(70)
    stacked = StackingConfig().mode(StackingMode.NORMAL).group("A")
    return panel.stacking(stacked).decimals(0).max_data_points(CELLS).interval(SHORTEST)


def _spread(title: str, metric: str, unit: str, about: str) -> heatmap.Panel:
    """Colours, not numbers: `increase` is as dark in the mean, and reads each of many samples once."""
    card = Card(title, unit, f"{about} Each column counts the migrations that ended then.", NONE_ENDED)
    rose = increase(f"{metric}_bucket$sampled", OUTGOING, "le", "$__interval")
    return heat(card, Query(f"round({rose})", "{{le}}"))


def durations() -> heatmap.Panel:
    return _spread(
        "Duration",
        "libvirt_migration_duration_seconds",
        "s",
        "How long successful migrations took. Longer ones than usual: less bandwidth, or guests that dirty "
        "more memory.",
    )


def downtimes() -> heatmap.Panel:
    return _spread(
        "Pause of the guest",
        "libvirt_migration_downtime_seconds",
        "s",
        "How long guests stood still at the switch-over. Above a second, clients notice: lower the allowed "
        "pause, or give more bandwidth.",
    )


def transferred() -> heatmap.Panel:
    return _spread(
        "Data sent",
        "libvirt_migration_transferred_bytes",
        "bytes",
        "How much data successful migrations sent. More than the guest's memory means that pages were sent "
        "again, because the guest dirtied them.",
    )


def _running(title: str, unit: str, measure: str, about: str, none: str = NONE_RUNS) -> timeseries.Panel:
    return _brief(timeline(Card(title, unit, about, none), Query(job(measure, NARROWED), "{{domain}}")))


def _brief(panel: timeseries.Panel) -> timeseries.Panel:
    """A migration of seconds is one sample of a long time range: a point, not a line."""
    return panel.show_points(VisibilityMode.AUTO).point_size(4)


def left() -> timeseries.Panel:
    return _running(
        "Left to send",
        "bytes",
        "data_remaining_bytes",
        "The data that each live migration under way has still to send. A line that does not fall shows a "
        "migration that does not converge: give it more bandwidth, or allow a longer pause.",
    )


def time_left() -> timeseries.Panel:
    card = Card(
        "Time left",
        "s",
        "The time until each live migration ends, as virtcast forecasts it and as libvirt estimates it. "
        "Compare how it falls with the clock: one that stays level is no estimate.",
        "No time left was known in this time",
    )
    forecast = f"max by (instance, domain) (virtcast_migration_remaining_seconds{{{NARROWED}}})"
    by_libvirt = Query(job("remaining_seconds", NARROWED), "{{domain}}, by libvirt")
    return _brief(timeline(card, Query(forecast, "{{domain}}, forecast"), by_libvirt))


def throttle() -> timeseries.Panel:
    panel = _running(
        "Guest slowed down",
        "percent",
        "auto_converge_throttle_percent",
        "The share of CPU time that auto-converge withholds from the guest so that its migration can end. "
        "From about 60 % on, its users notice.",
        "No guest was slowed down in this time",
    )
    return panel.max(100)


def speed() -> timeseries.Panel:
    card = Card(
        "Sent and dirtied",
        "binBps",
        "How fast each live migration sends memory (up), and how fast its guest dirties memory (down). "
        "Dirtied as fast as sent: the migration does not end by itself.",
        NONE_RUNS,
    )
    sent = Query(job("memory_bytes_per_second", NARROWED), "{{domain}} sent")
    dirtied = Query(job("memory_dirty_bytes_per_second", NARROWED), "{{domain}} dirtied")
    panel = _brief(timeline(card, sent, dirtied)).axis_centered_zero(True)
    return panel.override_by_regexp(".* dirtied", fields.properties({"custom.transform": "negative-Y"}))


def _hosts(title: str, series: str, about: str) -> timeseries.Panel:
    card = Card(title, "percentunit", about, f"{NONE_RUNS}, or no figures of hosts")
    # Jobs are those of hosts that VMs leave, and of few that they reach: there a VM is paused until it ends.
    job = f'libvirt_domain_job_info{{operation=~"migration_.*", {HOST}}}'
    took_part = (
        f"last_over_time({job}[$__range] @ end())",
        f"increase(libvirt_migrations_total$sampled{{{HOST}}}[$__range] @ end()) > 0",
        f'libvirt_domain_state{{state="paused", {HOST}}} @ end() == 1 and on (domain) {job} @ end()',
    )
    hosts = " or ".join(f"count by (instance) ({each})" for each in took_part)
    busy = f"max by (instance) ({mean_of_hosts(series, HOST)}) and on (instance) ({hosts})"
    return timeline(card, Query(busy, "{{instance}}"), points=MANY).axis_soft_max(1)


def host_cpu() -> timeseries.Panel:
    return _hosts(
        "CPU of the hosts meanwhile",
        "host:cpu_utilization:ratio",
        "The CPU use of the hosts that migrated a VM in this time, to compare with the migrations above: "
        "compressing and receiving memory take CPU on both ends.",
    )


def host_memory() -> timeseries.Panel:
    return _hosts(
        "Memory of the hosts meanwhile",
        "host:memory_utilization:ratio",
        "The memory use of the hosts that migrated a VM in this time, to compare with the migrations above: "
        "until the end of a migration the VM takes memory on both hosts.",
    )


def pairs() -> table.Panel:
    """The destination is known by the same VM's arrival: both ends report the last migration of a VM."""
    card = Card(
        "From where to where",
        "none",
        "The last migration of each VM, counted by the host that it left and the host that it reached, with "
        "the longest duration and pause of the pair. A pair that is slower than others shares a slow link.",
        "None ended",
    )

    def joined(measure: str, reduce: str) -> str:
        """The source's figure with the destination as a label."""
        last = 'libvirt_domain_last_migration_{}{{result="success", {}}}'
        source = f"max by (instance, domain) ({last.format(measure, OUTGOING)})"
        left = f"max by (instance, domain) ({last.format('timestamp_seconds', OUTGOING)})"
        arrived = last.format("timestamp_seconds", 'direction="incoming"')
        arrived = f'label_replace({arrived}, "to", "$1", "instance", "(.*)")'
        arrived = f"topk by (domain) (1, max by (domain, to) ({arrived}))"
        same = f"(abs({left} - on (domain) group_left (to) {arrived}) <= bool {SAME:g}) == 1"
        return f"{reduce} by (instance, to) ({source} * on (instance, domain) group_right () ({same}))"

    queries = {
        "moved": joined("timestamp_seconds", "count"),
        "duration": joined("duration_seconds", "max"),
        "pause": joined("downtime_seconds", "max"),
        "sent": joined("transferred_bytes", "max"),
    }
    shown = (
        Column("instance", "From"),
        Column("to", "To"),
        Column("moved", "VMs", fields.width(48)),
        Column("duration", "Longest", {**fields.unit("s", 1), **fields.width(74)}),
        Column("pause", "Longest pause", {**fields.unit("s", 2), **fields.width(118)}),
        Column("sent", "Most sent", {**fields.unit("bytes", 1), **fields.width(86)}),
    )
    return listing(card, Table(("instance", "to"), queries, shown, sort="moved", empty="instance"))
