"""What runs out, when, and how probably: of the fleet, of one host, of one VM."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alert_rules.fleet_aggregates import POSSIBLE
from forecaster.advice.exhaustion import LIKELY
from forecaster.publish import metrics
from grafana.panels.card import Card, Query
from grafana.panels.figures import figures
from grafana.panels.table import Column, Table, listing
from grafana.panels.timeline import timeline
from grafana.queries import forecasts
from grafana.queries.by_what import LABELS, ByWhat, rows_of
from grafana.queries.counts import together
from grafana.queries.selectors import JUDGED, NARROWED, OF_VMS, THIS_VM
from grafana.resources import measures, owned, parts, runs_out
from grafana.style import fields
from grafana.style.mappings import time_is_up
from grafana.style.thresholds import ANY_IS_WARNING, PROBABILITY, TIME_LEFT
from grafana.subjects import columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grafana_foundation_sdk.builders import stat, table, timeseries

    from forecaster.config.resource import Resource
    from grafana.profile import Profile

VMS = f"{OF_VMS}, {JUDGED}"
CHANCE = Column("probability", "Within $horizon", fields.CHANCE_BAR)


def _possible(matchers: str) -> str:
    return f"{forecasts.possible(matchers)} > {POSSIBLE}"


def likely() -> stat.Panel:
    """The page has the variable `possible`."""
    card = Card(
        "Run out",
        "none",
        "How many resources of VMs reach their limit within the chosen horizon with a probability of 50% or "
        "more. The table below names them.",
        "not known",
    )
    reached = f"{forecasts.possible(VMS)} >= bool {LIKELY}"
    # A horizon may have no probability while it says nothing: what is forecast at all has a score.
    number = f"{together('', reached)} or 0 * group({forecasts.score(VMS)})"
    return figures(card, Query(number), steps=ANY_IS_WARNING)


def running_out(profile: Profile) -> table.Panel:
    """The page has the variables `possible` and `scores`."""
    card = Card(
        "What runs out next",
        "none",
        "The resources of VMs that most probably reach their limit within the chosen horizon. Time left is "
        "the median of the forecast; no time: none is known, or no end is in sight. Open the VM to see the "
        "forecast. Enlarge the resource, or stop what fills it, before the time is over.",
        "Nothing runs out",
    )
    by_what = ByWhat(profile.resources)
    ways = measures(filter(runs_out, owned(profile.resources, "vm")))
    rows = f"topk(20, {by_what.keyed(_possible(VMS))})"  # other columns are looked up for these rows only
    queries = {
        "probability": rows,
        **{each.named("used"): rows_of(rows, by_what.actual(each, NARROWED)) for each in ways},
        "left": rows_of(rows, f"({by_what.time_left(VMS)})"),
    }
    shown = (
        columns.VM.wide(85),
        columns.what(by_what, 110),
        CHANCE.wide(92),
        Column("left", "Time left", {**fields.width(80), **fields.TIME}),
        *(each.wide(90) for each in columns.used(ways)),
        columns.HOST.wide(80),
    )
    return listing(
        card,
        Table(
            LABELS,
            queries,
            shown,
            sort="probability",
            empty="what",
            source=forecasts.COUNTED,
            some=_possible(VMS),
        ),
    )


def of_one_vm(profile: Profile) -> table.Panel:
    card = Card(
        "What comes next",
        "none",
        "Each resource of the VM: what is used, and the probability that the limit is reached within the "
        f"chosen horizon. {columns.ABOUT_TIMES} A new VM is learnt first.",
        "None yet",
    )
    by_what, ways = ByWhat(profile.resources), measures(profile.resources)
    queries = {
        "probability": by_what.keyed(forecasts.probability(THIS_VM)),
        **{each.named("used"): by_what.actual(each, THIS_VM, forecasts.every_probability) for each in ways},
        **{name: by_what.time_left(THIS_VM, quantile) for name, _, quantile in columns.TIMES},
    }
    shown = (columns.what(by_what, 110), *columns.used(ways), CHANCE, *columns.times(95))
    source = (metrics.LAST_SUCCESS.name, "No forecaster")  # as much as fits
    some = forecasts.every_probability(THIS_VM)  # a short horizon is not published while it says nothing
    content = Table(LABELS, queries, shown, sort="probability", empty="what", source=source, some=some)
    return listing(card, content)


def first(own: Sequence[Resource]) -> stat.Panel:
    """Of one VM."""
    card = Card(
        "Runs out",
        "s",
        "The resource that reaches its limit first, and the time left, by the median of the forecast.",
        "no end in sight",
    )
    labels = parts(own)
    when = f"min by ({', '.join(('resource', *labels))}) ({forecasts.reached(THIS_VM)})"
    soonest = f"bottomk(1, {forecasts.time_left(when)})"
    for resource in own:
        soonest = f'label_replace({soonest}, "resource", "{resource.title}", "resource", "{resource.name}")'
    legend = "{{resource}} " + "".join(f"{{{{{label}}}}}" for label in labels)
    left = Query(soonest, legend)
    return figures(card, left, steps=TIME_LEFT, many=True, words=time_is_up()).decimals(1)


def highest(matchers: str, whose: str) -> stat.Panel:
    card = Card(
        "Within $horizon",
        "percentunit",
        f"The highest probability that a resource of the {whose} reaches its limit within the chosen "
        "horizon.",
        "no forecast",
    )
    negligible = f"0 * max({forecasts.every_probability(matchers)})"  # a short horizon is not published then
    query = Query(f"max({forecasts.probability(matchers)}) or {negligible}")
    return figures(card, query, steps=PROBABILITY).decimals(0)


def by_horizon() -> timeseries.Panel:
    """Of one VM."""
    card = Card(
        "Probability",
        "percentunit",
        "The highest probability that a resource of the VM reaches its limit, by horizon. A sudden rise "
        "shows that a trend has begun. The shorter horizon is drawn from 1% on.",
        "None yet: a new VM is learnt first",
    )
    every = forecasts.newest(forecasts.every_probability(THIS_VM))
    return timeline(card, Query(f"max by (horizon) ({every})", "{{horizon}}")).min(0).max(1)
