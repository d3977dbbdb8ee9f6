"""The programs that watch: exporters, forecaster, rules and notifications."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alert_rules.alerts import forecaster as forecasters
from alert_rules.alerts import libvirt as exporters
from alert_rules.values import defaults
from forecaster.publish import metrics
from grafana.panels.card import Card, Query
from grafana.panels.figures import figures
from grafana.panels.table import Column, Table, listing
from grafana.panels.timeline import MANY, timeline
from grafana.queries.counts import counted
from grafana.queries.rates import increase
from grafana.queries.selectors import HOST
from grafana.style import colors, fields
from grafana.style.mappings import up_or_down
from grafana.style.thresholds import ANY_IS_BAD, ANY_IS_WARNING, UP
from grafana.subjects.health import NO_FORECASTER

if TYPE_CHECKING:
    from grafana_foundation_sdk.builders import stat, table, timeseries

OURS = 'rule_group=~".*virtcast-.*"'
WATCHING = ("libvirt_up", metrics.STEP.name, "alertmanager_notifications_total")  # one of each program
JOBS = tuple(str(defaults(area.VALUES)["jobs"]) for area in (exporters, forecasters))
LATELY = "1d"  # what failed before is no news, and counters of months are many samples
NO_EXPORTER = "No exporter answers"
NO_PROMETHEUS = "No metrics of Prometheus: let it scrape itself"
NO_ALERTMANAGER = "No metrics of Alertmanager: is it scraped?"


def backend() -> stat.Panel:
    card = Card(
        "Prometheus",
        "none",
        "Whether the PromQL backend answered the forecaster's last request. If not, forecasts are getting "
        "old: the forecaster's log says what it got instead.",
        "unknown",
    )
    return figures(card, Query(f"min({metrics.UP.name})"), steps=UP, words=up_or_down())


def without_exporter() -> stat.Panel:
    card = Card(
        "Targets down",
        "none",
        "How many targets in the jobs of exporters, forecaster and Alertmanager do not answer. Jobs are "
        "known by their metrics of the last day, or by their names. Prometheus' page of targets names them.",
        "not known",
    )
    return figures(card, Query(counted(f"{_targets()} == 0", _targets())), steps=ANY_IS_BAD)


def _targets() -> str:
    """Of whole jobs: one of several that never answered is known by the others."""
    named = f'up{{job=~"{"|".join(JOBS)}"}}'
    known = " or ".join(f"group by (job) (last_over_time({each}[{LATELY}]))" for each in WATCHING)
    return f"({named} or up and on (job) ({known}))"


def stuck() -> stat.Panel:
    card = Card(
        "Stuck",
        "none",
        "Connections to libvirt that wait for a stuck VM, and guest agents that do not answer. Each of them "
        "holds one of libvirtd's 20 workers.",
        "unknown",
    )
    connections = Query(f"sum(libvirt_statistics_connections_stuck{{{HOST}}})", "connections")
    agents = Query(f"sum(libvirt_guest_agents_hung{{{HOST}}})", "agents")
    return figures(card, connections, agents, steps=ANY_IS_WARNING)


def overruns() -> stat.Panel:
    card = Card(
        "Late cycles",
        "none",
        "Cycles of the forecaster within the chosen time that were not over when the next one was due. More "
        "than a few: shard the forecaster, or read fewer series.",
        "unknown",
    )
    late = f"round(sum(increase({metrics.OVERRUNS.name}[$__range])))"
    return figures(card, Query(late), steps=ANY_IS_WARNING)


def scrape_times() -> timeseries.Panel:
    card = Card(
        "Scrape, by host",
        "s",
        "How long libvirt took to answer the last scrape of each host. Near the scrape timeout, 10 s by "
        "default, samples are lost: look for a VM or a storage pool there that does not answer.",
        NO_EXPORTER,
    )
    slow = f"max by (instance) (libvirt_scrape_duration_seconds{{{HOST}}})"
    return timeline(card, Query(slow, "{{instance}}"), points=MANY)


def readings() -> table.Panel:
    card = Card(
        "Readings in the background",
        "none",
        "What exporters read between scrapes, on the host where it is oldest: its age, and the failed "
        "attempts of the last day. Values that are too old are not exported. The log of the exporter says "
        "why a reading fails.",
        NO_EXPORTER,
    )
    age = f"time() - min by (reading) (libvirt_reading_last_update_timestamp_seconds{{{HOST}}})"
    failed = increase("libvirt_reading_failures_total", HOST, "reading", LATELY)
    shown = (
        Column("reading", "Reading"),
        Column("age", "Age", {**fields.unit("s", 0), **fields.width(90)}),
        Column("failed", "Failed", {**fields.unit("none", 0), **fields.colored_cell(ANY_IS_WARNING)}),
    )
    queries = {"age": age, "failed": failed}
    return listing(card, Table(("reading",), queries, shown, sort="failed", empty="reading"))


def requests() -> timeseries.Panel:
    card = Card(
        "PromQL requests",
        "reqps",
        "The requests that the forecaster sends, by result. Errors that go on mean that its forecasts are "
        "getting old.",
        NO_FORECASTER,
    )
    by_result = f"sum by (result) (rate({metrics.REQUESTS.name}[$__rate_interval]))"
    return timeline(card, Query(by_result, "{{result}}"))


def request_time() -> timeseries.Panel:
    card = Card(
        "Time of PromQL requests",
        "s",
        "The median and the 95th percentile of the time that the forecaster's requests take. It rises when "
        "Prometheus is busy: a long history that is read, or heavy dashboards.",
        NO_FORECASTER,
    )
    buckets = f"sum by (le) (rate({metrics.PROMQL_DURATION.name}_bucket[$__rate_interval]))"
    queries = [
        Query(f"histogram_quantile({share}, {buckets})", name)
        for share, name in ((0.5, "median"), (0.95, "95th percentile"))
    ]
    return timeline(card, *queries)


def cycles() -> timeseries.Panel:
    card = Card(
        "Cycle and step, by resource",
        "s",
        "How old the last step that was read is, for each resource. It rises to the step, 5 minutes by "
        "default, and falls at each cycle; more than two steps: the resource is not read.",
        NO_FORECASTER,
    )
    age = f"time() - max by (resource) ({metrics.RESOURCE_LAST.name})"
    return timeline(card, Query(age, "{{resource}}"))


def notifications() -> timeseries.Panel:
    card = Card(
        "Notifications",
        "short",
        "The notifications that Alertmanager sends, and those that failed, by integration. A failed one is "
        "tried again; when all fail, look at the alerts in Alertmanager itself.",
        NO_ALERTMANAGER,
    )
    sent = Query(increase("alertmanager_notifications_total", "", "integration"), "{{integration}}")
    failed = increase("alertmanager_notifications_failed_total", "", "integration")
    return timeline(card, sent, Query(f"{failed} > 0", "{{integration}} failed"))


def rule_groups() -> table.Panel:
    card = Card(
        "Rule groups",
        "none",
        "virtcast's groups of rules in Prometheus: how long the last evaluation took, its share of the "
        "interval, and the evaluations that failed or were left out in the last day. Near 100 %, alerts come "
        "late.",
        NO_PROMETHEUS,
    )
    by = "max by (rule_group)"
    took = f"{by} (prometheus_rule_group_last_duration_seconds{{{OURS}}})"
    counted = "sum by (rule_group) (increase(prometheus_rule_{}_total{{{}}}[{}]))"
    queries = {
        "took": took,
        "share": f"{took} / {by} (prometheus_rule_group_interval_seconds{{{OURS}}})",
        "failed": counted.format("evaluation_failures", OURS, LATELY),
        "missed": counted.format("group_iterations_missed", OURS, LATELY),
    }
    bad = {**fields.unit("none", 0), **fields.colored_cell(ANY_IS_BAD), **fields.width(75)}
    group = {"type": "regex", "options": {"pattern": ".*;(.*)", "result": {"text": "$1", "index": 0}}}
    shown = (
        Column("rule_group", "Group", {"mappings": [group]}),
        Column("took", "Took", {**fields.unit("s", 1), **fields.width(85)}),
        Column("share", "Of interval", {**fields.unit("percentunit", 1), **fields.width(95)}),
        Column("failed", "Failed", bad),
        Column("missed", "Left out", bad),
    )
    return listing(card, Table(("rule_group",), queries, shown, sort="share", empty="rule_group"))


def alerts_in_time() -> timeseries.Panel:
    card = Card(
        "Alerts, by kind",
        "short",
        "How many alerts fire: on what is the case, on what is predicted, on what is unusual. Predicted ones "
        "that never become actual are either mended in time or wrong: see how right the forecasts have been.",
        "No alert has fired, or no rules of alerts are loaded",
    )
    firing = f'count by (kind) (ALERTS{{alertstate="firing", severity!="none", {HOST}}})'
    styles = {kind: fields.fixed(color) for kind, color in colors.KINDS.items()}
    return timeline(card, Query(firing, "{{kind}}"), styles=styles, points=MANY).decimals(0)
