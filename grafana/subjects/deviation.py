"""What deviates from its past, since when, why, and what was first: tables of one VM, of a host, of all."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from forecaster.publish import metrics
from grafana.panels.card import Card
from grafana.panels.table import Column, Table, listing
from grafana.queries import forecasts
from grafana.queries.by_what import KEY, LABELS, ByWhat, rows_of
from grafana.queries.selectors import HOST, JUDGED, NARROWED, OF_VMS, THIS_VM
from grafana.resources import Measure, measures
from grafana.style import colors, fields
from grafana.style.thresholds import ANOMALY
from grafana.subjects import columns

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from grafana_foundation_sdk.builders import table

    from grafana.profile import Profile

SIGNS = {
    "residual": ("jumped", colors.CALM),
    "shape": ("like no past day", colors.CALM),
    "roughness": ("varies more or less", colors.CALM),
}
OVER = "An anomaly that is over stays in the table until an hour after it began."
HOW_TO_READ = (
    "Look at the first one first: what follows may be its effect. Usual is the median of this hour over the "
    f"last week. {OVER}"
)
SINCE = Column("since", "Since", {**fields.unit("dateTimeAsLocalNoDateIfToday"), **fields.width(100)})
AFTER = Column(
    "after",
    "After the first",
    {**fields.unit("s", 0), **fields.width(118), **fields.colored_words({"0": ("first", colors.WARN)})},
)
SCORE = Column("score", "Score", {"decimals": 1, **fields.width(62), **fields.colored_cell(ANOMALY)})
WHY = Column("why", "Why", {**fields.words(SIGNS), **fields.at_least(112)}, label="reason")


def _now(each: Measure) -> Column:
    return Column(each.named("now"), each.named("Now"), _amount(each))


def _usual(each: Measure) -> Column:
    return Column(each.named("usual"), each.named("Usual"), _amount(each))


def _trend(each: Measure) -> Column:
    style = {**fields.unit(each.unit, 1), **fields.width(150 if each.name else 117)}
    return Column(each.named("trend"), each.named("Trend per hour"), style)


def _amount(each: Measure) -> fields.Style:
    percent = not each.name
    return {**fields.unit(each.unit, 0 if percent else None), **fields.width(65 if percent else 85)}


def _queries(profile: Profile, rows: str, matchers: str, together: str) -> dict[str, str]:
    """All that is known of the anomalies in `rows`, of series that `matchers` select; those are put in order
    that have the labels `together` in common.
    """
    by_what = ByWhat(profile.resources)
    first = f"min by ({together}) ({forecasts.onset(matchers)})"
    sign = f'{metrics.CONTRIBUTION.name}{{reason!="displacement", {matchers}}}'
    queries = {
        "since": f"1000 * {rows}",
        "after": f"{rows} - on ({together}) group_left () {first}",
        "score": rows_of(rows, by_what.keyed(forecasts.score(matchers))),
        "why": rows_of(rows, f"topk by ({KEY}) (1, {by_what.keyed(sign, 'max', 'reason')})"),
    }
    for measure in measures(profile.resources):
        mine = f"{matchers}, {measure.matcher}"
        usual = (by_what.keyed(f"{row.name}{{{mine}}}") for row in (metrics.USUAL, metrics.ORIGIN))
        trend = by_what.keyed(f"3600 * {metrics.TREND.name}{{{mine}}}")
        queries |= {
            measure.named("now"): rows_of(rows, by_what.actual(measure, matchers, forecasts.onset)),
            measure.named("usual"): rows_of(rows, f"({' or '.join(usual)})"),
            measure.named("trend"): rows_of(rows, trend),
        }
    return queries


def _table(
    shown: Sequence[Column],
    queries: Mapping[str, str],
    sort: str = "since",
    source: tuple[str, str] = forecasts.SOURCE,
) -> Table:
    """The columns, and of the queries those that they show."""
    names = {column.name for column in shown}
    asked = {name: query for name, query in queries.items() if name in names}
    return Table(LABELS, asked, shown, sort, empty="what", descending=sort != "since", source=source)


def _all(profile: Profile) -> list[Column]:
    """All that is known of an anomaly."""
    ways = measures(profile.resources)
    what = columns.what(ByWhat(profile.resources), 140)
    return [what, SINCE, AFTER, SCORE, *map(_now, ways), *map(_usual, ways), *map(_trend, ways), WHY]


def of_one_vm(profile: Profile) -> table.Panel:
    card = Card(
        "What deviates, since when, and why",
        "none",
        "The resources of the VM that behave unlike their own past, in the order in which the anomalies "
        f"began. {HOW_TO_READ}",
        "Everything is as usual",
    )
    onsets = ByWhat(profile.resources).onsets(THIS_VM)
    return listing(card, _table(_all(profile), _queries(profile, onsets, THIS_VM, "instance, domain")))


def of_one_host(profile: Profile) -> table.Panel:
    card = Card(
        "What deviates on this host, since when, and why",
        "none",
        "The VMs, the host and its storage pools: what behaves unlike its own past, in the order in which "
        f"the anomalies began. {HOW_TO_READ}",
        "Everything is as usual",
    )
    rows = f"bottomk(20, {ByWhat(profile.resources).onsets(HOST)})"
    return listing(
        card, _table([columns.ANYBODYS_VM, *_all(profile)], _queries(profile, rows, HOST, "instance"))
    )


def of_the_fleet(profile: Profile) -> table.Panel:
    """The page has the variables `lasting` and `scores`."""
    card = Card(
        "What is abnormal now",
        "none",
        "The VMs with an anomaly score of 0.9 or more: they behave unlike their own past. Above 1 an anomaly "
        "begins or grows, from 0.9 to 1 it goes on. Usual is the median of this hour over the last week. "
        "Open the VM to see which of its resources was first.",
        "Everything is as usual",
    )
    by_what, ways = ByWhat(profile.resources), measures(profile.resources)
    score = f"{forecasts.lasting_score(f'{OF_VMS}, {JUDGED}')} >= {forecasts.LASTS}"
    highest, onsets = f"topk(20, {by_what.keyed(score)})", by_what.onsets(JUDGED)
    queries = {
        **_queries(profile, f"({rows_of(highest, onsets)})", NARROWED, "instance"),
        "score": rows_of(onsets, highest),
    }
    what, now, usual = columns.what(by_what, 90), map(_now, ways), map(_usual, ways)
    shown = (
        columns.VM.wide(90),
        what,
        SCORE.wide(60),
        *now,
        *usual,
        SINCE.wide(95),
        replace(WHY, style=fields.words(SIGNS)),
        columns.HOST.wide(85),
    )
    some = f"{forecasts.onset(JUDGED)} and {score}"
    return listing(card, replace(_table(shown, queries, "score", forecasts.COUNTED), some=some))


def first_by_host(profile: Profile) -> table.Panel:
    """The page has the variable `scores`."""
    card = Card(
        "Where it began",
        "none",
        "Hosts on which several resources, of VMs or of the host, deviate together, and which of them was "
        "first: look there before looking at the others. Up to three that began at the same time are named. "
        f"{OVER} Open the host to see all of them in order.",
        "Nothing deviates together",
    )
    by_what = ByWhat(profile.resources)
    rows, onset = by_what.onsets(JUDGED), forecasts.onset(JUDGED)
    first = f"{rows} == on (instance) group_left () min by (instance) ({onset})"
    several = f"count by (instance) ({rows}) > 1"
    queries = {
        "since": f"1000 * bottomk by (instance) (3, {first}) and on (instance) ({several})",
        "deviate": several,
    }
    shown = (
        columns.HOST.wide(74),
        Column("domain", "First: VM", columns.VM.style).wide(82),
        columns.what(by_what, 76),
        SINCE.wide(100),
        Column("deviate", "Deviate", fields.width(70)),
    )
    return listing(card, _table(shown, queries, source=forecasts.COUNTED))
