"""Many VMs over time in one picture: which deviated when, what they used, and what was usual then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana_foundation_sdk.models.common import VisibilityMode

from alert_rules.fleet_aggregates import ALL_VMS, MEAN_OF_VMS, of_host
from forecaster.advice import patterns as advice
from grafana.panels.card import Card, Query
from grafana.panels.cells import cells
from grafana.panels.figures import WIDE, figures
from grafana.panels.spans import spans
from grafana.panels.timeline import MANY, timeline
from grafana.queries import forecasts
from grafana.queries.by_what import KEY, ByWhat
from grafana.queries.rates import mean_of_hosts
from grafana.queries.selectors import HOST, JUDGED, NARROWED, OF_VMS
from grafana.resources import absent, smoothed, steps, unit
from grafana.style import colors, fields
from grafana.style.mappings import numbered
from grafana.style.thresholds import ANOMALY

if TYPE_CHECKING:
    from grafana_foundation_sdk.builders import stat, statetimeline, statushistory, timeseries

    from forecaster.config.resource import Resource
    from grafana.profile import Profile
    from grafana.style.fields import Style

ROWS = 25  # a row must be high enough to read
NO_SCORE = "No score yet: the forecaster learns new VMs first"
# How far an anomaly goes, by the number of limits that its score has passed.
LIMITS = (forecasts.LASTS, forecasts.BEGINS)
LEVELS = (("", "transparent"), ("lasts", colors.WATCH), ("grows", colors.BAD))
PAST: dict[str, tuple[str, Style]] = {
    "Now": ("", {**fields.fixed(colors.ACTUAL), "custom.lineWidth": 2}),
    "Yesterday": (" offset 1d", {**fields.fixed(colors.FORECAST), "custom.lineStyle": fields.DASHES}),
    "Last week": (" offset 1w", {**fields.fixed(colors.PREDICTED), "custom.lineStyle": fields.DOTS}),
}


def kinds() -> stat.Panel:
    card = Card(
        "VMs by kind of CPU load",
        "none",
        "How many VMs are idle, steady or bursty, follow the day or the week, or grow, by their hours of "
        "four weeks. Idle ones can be stopped; those of a day or week can share hosts with others' peaks.",
        "known after two weeks of history",
    )
    found = f'max by (instance, domain, kind) ({advice.INFO.name}{{resource="vm_cpu", {NARROWED}}})'
    number = f"count by (kind) ({found})"
    return figures(card, Query(number, "{{kind}}"), many=True).text(WIDE)


def anomalies(profile: Profile) -> statetimeline.Panel:
    """The page has the variables `anomalous` and `unrecorded`."""
    card = Card(
        "Anomalies, by VM and resource",
        "none",
        "When each resource deviated from its own past: of those that did so within the chosen time, the "
        f"{ROWS} that deviated most. Red: the anomaly begins or grows. Yellow: it lasts. Rows that begin "
        "together have one cause: open the VM, or its host.",
        "Everything was as usual",
    )
    by_what = ByWhat(profile.resources)
    scores = forecasts.past_anomalies(f"{OF_VMS}, {JUDGED}")
    score = by_what.keyed(f"max_over_time({scores}[$__rate_interval])")  # a span hides no short anomaly
    # What rules record are anomalies; of all scores, those are left out that were none.
    every = forecasts.past_anomalies(f'{OF_VMS}, {JUDGED}, domain=~"${{unrecorded}}"')
    most, highest = (
        by_what.keyed(f"{function}_over_time({of}[$__range] @ end())")
        for function, of in (("sum", scores), ("max", every))
    )
    chosen = f"topk({ROWS}, {most} unless {highest} < {forecasts.LASTS})"
    level = f"({score} >= {forecasts.LASTS} < bool {forecasts.BEGINS}) * -1 + 2"
    rows = by_what.titled(f"{level} and on ({KEY}) {chosen}")
    any_at_all = f"max_over_time({scores}[$__range] @ end()) >= {forecasts.LASTS}"
    shown = spans(card, Query(rows, "{{domain}}: {{what}}"), any_at_all, forecasts.RECORDED)
    words = VisibilityMode.NEVER  # those of short spans would be cut
    return shown.mappings([numbered(LEVELS)]).show_value(words)


def scores() -> statushistory.Panel:
    card = Card(
        "Highest anomaly score, by VM",
        "none",
        f"The highest score of the resources of each VM over time: of all VMs the {ROWS} with the highest. "
        "A column of red cells: something that many VMs share.",
        NO_SCORE,
    )
    scores = forecasts.highest_score(f"{OF_VMS}, {JUDGED}")  # the aggregate has no label that `.*` asks for
    score = f"max_over_time({scores}[$__rate_interval])"
    top = f"topk({ROWS}, max by (domain) (max_over_time({scores}[$__range] @ end())))"
    shown = Query(f"max by (domain) ({score} and on (domain) ({top}))", "{{domain}}")
    return cells(card, shown, ANOMALY, top, forecasts.RECORDED)


def use(resource: Resource) -> statushistory.Panel:
    nothing, why = absent(resource)
    card = Card(
        f"{resource.title}, by VM",
        unit(resource),
        f"{resource.display.about} Of all VMs the {ROWS} with the highest mean. "
        "A row that changes its colour shows since when; cells that repeat show what happens each day. "
        f"{why}",
        nothing,
    )
    now = f"avg_over_time({smoothed(resource, NARROWED)}[$__rate_interval])"
    top = f"topk({ROWS}, max by (domain) (avg_over_time({smoothed(resource, NARROWED)}[$__range] @ end())))"
    shown = Query(f"max by (domain) ({now} and on (domain) ({top}))", "{{domain}}")
    return cells(card, shown, steps(resource), top)


def beside_the_past(resource: Resource) -> timeseries.Panel:
    card = Card(
        f"{resource.title} of all VMs: now, yesterday, last week",
        unit(resource),
        f"The mean of all VMs of the chosen hosts, beside the same time of yesterday and of last week. "
        f"{resource.display.about} A fleet that leaves its own past together has been changed: a release, a "
        "backup, a move.",
        resource.display.absent,
    )
    queries = [Query(_mean(resource, offset), name) for name, (offset, _) in PAST.items()]
    return timeline(card, *queries, styles={name: style for name, (_, style) in PAST.items()}, points=MANY)


def _mean(resource: Resource, offset: str) -> str:
    """The mean of all VMs, from the means of hosts where rules record them. In times before rules counted the
    VMs that a mean is of, all VMs of a host are its weight.
    """
    series = resource.query.strip()
    if series not in MEAN_OF_VMS:
        return f"avg(max by (instance, domain) ({smoothed(resource, HOST, offset)}))"
    numbers = dict.fromkeys((MEAN_OF_VMS[series], ALL_VMS))
    vms = " or ".join(mean_of_hosts(number, HOST, offset) for number in numbers)
    hosts = mean_of_hosts(of_host(series), HOST, offset)
    return f"sum({hosts} * ({vms})) / sum(({vms}) and {hosts})"
