"""What there is, what is promised and what is used: of hosts, and of VMs over weeks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alert_rules.alerts import waste
from forecaster.advice import reserve as reserve_advice
from grafana.panels.card import Card, Query
from grafana.panels.figures import figures
from grafana.panels.table import Column, Table, listing
from grafana.panels.timeline import timeline
from grafana.queries import sizes
from grafana.queries.selectors import HOST, NARROWED, NO_RULES
from grafana.queries.states import RUNNING, running_elsewhere
from grafana.style import fields
from grafana.style.thresholds import ANY_IS_BAD, PROMISED, RESERVE
from grafana.subjects import columns

if TYPE_CHECKING:
    from grafana_foundation_sdk.builders import stat, table, timeseries

VM = "instance, domain"
RUNS = f"and on ({VM}) ({RUNNING} == 1 or {running_elsewhere(HOST)})"
NO_SIZES = "No sizes of hosts are known"
# The length of the look back: what is asked, and the header.
SPANS = {"7d": "7 days", "30d": "30 days", "90d": "90 days"}
# Points of 90 days: one each three hours. Grafana asks at multiples of the step, and draws nothing before the
# second one: of half days, a new fleet would see its first line after a day, and noon and midnight only.
OF_MONTHS = 720
WASTE = "|".join(alert.name for area in waste.AREAS for alert in area.alerts)


HOST_CPUS, HOST_MEMORY = (sizes.of_hosts(part, HOST) for part in sizes.OF_HOSTS)


def _promised(part: str) -> str:
    return f"sum by (instance) ({sizes.of_vms(part, HOST)} {RUNS})"


def _busiest(series: str) -> str:
    """The highest hourly mean of a week."""
    return f"max by (instance) (max_over_time({series}:avg1h{{{HOST}}}[7d]))"


def reserve() -> stat.Panel:
    card = Card(
        "One host less (N+1)",
        "percentunit",
        "The memory in use on all chosen hosts, as a share of what would remain if the largest of them "
        "failed. Above 100 % its VMs do not all find a place: add a host, or move VMs out.",
        "no second host",
    )
    used = f"sum(max by (instance) (host:memory_utilization:ratio{{{HOST}}}) * on (instance) {HOST_MEMORY})"
    rest = f"(sum({HOST_MEMORY}) - max({HOST_MEMORY}))"
    return figures(card, Query(f"{used} / ({rest} > 0)"), steps=RESERVE).decimals(0)


def promised_cpus() -> stat.Panel:
    card = Card(
        "CPUs promised",
        "percentunit",
        "The virtual CPUs of running VMs as a share of the CPUs of their hosts, over all chosen hosts whose "
        "CPUs are known. What is bearable depends on the load: look at the steal.",
        NO_SIZES,
    )
    vcpus = f"sum({_promised('cpu')} and on (instance) {HOST_CPUS})"
    return figures(card, Query(f"{vcpus} / sum({HOST_CPUS})"), steps=PROMISED).decimals(0)


def promised_memory() -> stat.Panel:
    card = Card(
        "Memory promised",
        "percentunit",
        "The most memory that running VMs can be given as a share of that of their hosts, over all chosen "
        "hosts whose memory is known. Above 100 % hosts swap if all VMs use what they may.",
        NO_SIZES,
    )
    most = f"sum({_promised('memory')} and on (instance) {HOST_MEMORY})"
    return figures(card, Query(f"{most} / sum({HOST_MEMORY})"), steps=PROMISED).decimals(0)


def hosts() -> table.Panel:
    card = Card(
        "Room on hosts",
        "none",
        "Each host: CPUs and memory, how much of them is promised to running VMs, and how much was used in "
        "the busiest hour of the last 7 days; and how many of its VMs would find no room on the others if it "
        "died. Place new VMs where use is low.",
        NO_SIZES,
    )
    queries = {
        "cpus": HOST_CPUS,
        "cpus promised": f"{_promised('cpu')} / {HOST_CPUS}",
        "cpus used": _busiest("host:cpu_utilization:ratio"),
        "memory": HOST_MEMORY,
        "memory promised": f"{_promised('memory')} / {HOST_MEMORY}",
        "memory used": _busiest("host:memory_utilization:ratio"),
        "homeless": f"max by (instance) ({reserve_advice.HOMELESS.name}{{{HOST}}})",
    }
    promised = {**fields.unit("percentunit", 0), **fields.colored_cell(PROMISED), **fields.width(145)}
    shown = (
        columns.HOST,
        Column("cpus", "CPUs", fields.width(65)),
        Column("cpus promised", "CPUs promised", promised),
        Column("cpus used", "CPU, busiest hour", fields.USED),
        Column("memory", "Memory", {**fields.unit("bytes", 0), **fields.width(85)}),
        Column("memory promised", "Memory promised", promised),
        Column("memory used", "Memory, busiest hour", fields.USED),
        Column("homeless", "Without a place", {**fields.colored_cell(ANY_IS_BAD), **fields.width(130)}),
    )
    some = f"{queries['cpus']} or {queries['cpus used']}"
    return listing(card, columns.of_hosts(queries, shown, some))


def growth(what: str, series: str) -> timeseries.Panel:
    """Over 90 days, from the hourly means."""
    card = Card(
        f"{what} of hosts, the last 90d",
        "percentunit",
        "The mean use of each host over 90 days, by parts of a day: whether the fleet grows, and how its "
        "weeks look. Read from the aggregates of the rules.",
        "No means yet: they come within hours, and need aggregates.rules.yml",
    )
    mean = f"max by (instance) (avg_over_time({series}:avg1h{{{HOST}}}[$__interval]))"
    shown = timeline(card, Query(mean, "{{instance}}"), points=OF_MONTHS)
    return shown.time_from("90d").axis_soft_max(1)


def steady_use(what: str, series: str, part: str, unit: str) -> table.Panel:
    """Of VMs over weeks."""
    card = Card(
        f"{what} of VMs: busiest hour",
        "none",
        "The busiest hour of each VM within 7, 30 and 90 days (mean of the hour), those with the lowest use "
        "first: what they have and never use can go to others. A VM that is younger shows what there is. "
        "Read from the aggregates of the rules (aggregates.rules.yml).",
        "No aggregates",
    )
    rows = f"bottomk(20, max by ({VM}) (max_over_time({series}:busiest1d{{{NARROWED}}}[7d])) {RUNS})"
    longer = {
        span: f"max by ({VM}) (max_over_time({series}:busiest1d{{{NARROWED}}}[{span}])) and {rows}"
        for span in list(SPANS)[1:]
    }
    queries = {"7d": rows, **longer, "size": f"{sizes.of_vms(part, NARROWED)} and {rows}"}
    shown = (
        columns.VM,
        Column("size", "Has", {**fields.unit(unit, 0), **fields.width(75)}),
        *(Column(span, header, fields.USED) for span, header in SPANS.items()),
        columns.HOST,
    )
    labels = ("instance", "domain")
    return listing(card, Table(labels, queries, shown, sort="7d", descending=False, empty="domain"))


def waste_found() -> table.Panel:
    card = Card(
        "What is not used",
        "none",
        "What the rules on waste found within a week: idle VMs, VMs with more CPUs or memory than they ever "
        "use, VMs that are off, volumes of no VM. Nobody is notified. The runbook of each says how to check.",
        "Nothing is wasted, or there is not a week of history yet",
    )
    firing = f'alertstate="firing", alertname=~"{WASTE}", {NARROWED}'
    active = f"time() - ALERTS_FOR_STATE{{{NARROWED}}} and ignoring (alertstate) ALERTS{{{firing}}}"
    labels = ("alertname", "domain", "pool", "instance")
    shown = (
        Column("alertname", "Finding", fields.at_least(280)),
        columns.VM,
        Column("pool", "Pool"),
        columns.HOST,
        Column("active", "For", {**fields.unit("s", 1), **fields.width(90)}),
    )
    content = Table(labels, {"active": active}, shown, sort="active", empty="alertname", source=NO_RULES)
    return listing(card, content)
