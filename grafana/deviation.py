"""What deviates from its past, since when, why, and what was first: tables of one VM, of a host, of all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana import style
from grafana.links import HOST_CELL, VM_CELL
from grafana.panels import Card, Column, Query, listing
from grafana.resources import KEY, RATIOS, actual_values, keyed, what_words

if TYPE_CHECKING:
    from grafana_foundation_sdk.builders import table

SIGNS = {
    "residual": ("jumped", style.CALM),
    "shape": ("like no past day", style.CALM),
    "roughness": ("varies more or less", style.CALM),
}
HOW_TO_READ = (
    "The first one is where to look first; what follows may be its effect. Usual is the median of this hour "
    "over the last week. What is over stays for an hour from its begin."
)
# The columns by their field; Value #A … are the queries of `_queries`.
WHAT = Column("what", "Resource", {**what_words(), "custom.minWidth": 140})
SINCE = Column("Value #A", "Since", {"unit": "dateTimeAsLocalNoDateIfToday", "custom.width": 105})
AFTER = Column(
    "Value #B",
    "After the first",
    {
        "unit": "s",
        "decimals": 0,
        "custom.width": 110,
        **style.colored_words({"0": ("first", style.WARN)}),
    },
)
SCORE = Column("Value #C", "Score", {"decimals": 1, "custom.width": 65, **style.colored_cell(style.ANOMALY)})
NOW = Column("Value #D", "Now", {**style.PERCENT, "custom.width": 65})
USUAL = Column("Value #E", "Usual", {**style.PERCENT, "custom.width": 65})
TREND = Column("Value #F", "Trend per hour", {"unit": "percentunit", "decimals": 1, "custom.width": 115})
WHY = Column("reason", "Why", {**style.words(SIGNS), "custom.minWidth": 130})


def onsets(matchers: str) -> str:
    """When each anomaly began that goes on, or began within the last hour."""
    return keyed(f"virtcast_anomaly_onset_timestamp_seconds{{{matchers}}}", "min")


def _queries(rows: str, matchers: str, together: str) -> tuple[Query, ...]:
    """All that is told of the anomalies in `rows`, series that `matchers` select; those are put in order that
    have the labels `together` in common.
    """
    mine = f"{matchers}, {RATIOS}"
    usual = " or ".join(keyed(f"virtcast_anomaly_{each}_value{{{mine}}}") for each in ("usual", "origin"))
    sign = f'virtcast_anomaly_contribution_ratio{{reason!="displacement", {matchers}}}'
    columns = (
        keyed(f"virtcast_anomaly_score{{{matchers}}}"),
        actual_values(matchers),
        f"({usual})",
        keyed(f"3600 * virtcast_trend_per_second{{{mine}}}"),
        f"topk by ({KEY}) (1, {keyed(sign, 'max', 'reason')})",
    )
    return (
        Query(f"1000 * {rows}"),
        Query(f"{rows} - on ({together}) group_left () min by ({together}) ({onsets(matchers)})"),
        *(Query(f"{column} and on ({KEY}) {rows}") for column in columns),
    )


def of_one_vm(number: int, matchers: str) -> table.Panel:
    card = Card(
        number,
        "What deviates, since when, and why",
        "none",
        f"The resources of the VM that behave unlike their own past, in the order in which it began. "
        f"{HOW_TO_READ}",
        "Everything is as usual",
    )
    columns = (WHAT, SINCE, AFTER, SCORE, NOW, USUAL, TREND, WHY)
    queries = _queries(onsets(matchers), matchers, "instance, domain")
    return listing(card, queries, columns, "Value #A", descending=False, empty="what")


def of_one_host(number: int, matchers: str) -> table.Panel:
    card = Card(
        number,
        "What deviates on this host, since when, and why",
        "none",
        f"The VMs, the host itself and its pools: what behaves unlike its own past, in the order in which it "
        f"began. {HOW_TO_READ}",
        "Everything is as usual",
    )
    columns = (Column("domain", "VM", VM_CELL), WHAT, SINCE, AFTER, SCORE, NOW, USUAL, TREND, WHY)
    queries = _queries(f"bottomk(20, {onsets(matchers)})", matchers, "instance")
    return listing(card, queries, columns, "Value #A", descending=False, empty="what")


def of_the_fleet(number: int, matchers: str, resources: str) -> table.Panel:
    card = Card(
        number,
        "What is abnormal now",
        "none",
        "The VMs that behave unlike their own past: from a score of 1 on. Above 1 it begins or grows, at 1 "
        "it goes on. Usual is the median of this hour over the last week. Open the VM to see what was first.",
        "Everything is as usual",
    )
    rows = f"topk(20, {keyed(f'virtcast_anomaly_score{{{resources}, {matchers}}}')} >= 1)"
    vm, host = Column("domain", "VM", VM_CELL), Column("instance", "Host", HOST_CELL)
    columns = (vm, WHAT, SCORE, NOW, USUAL, SINCE, WHY, host)
    queries = _queries(f"({onsets(matchers)} and on ({KEY}) {rows})", matchers, "instance")
    return listing(card, queries, columns, "Value #C", empty="what")


def first_by_host(number: int, matchers: str) -> table.Panel:
    card = Card(
        number,
        "Where it began",
        "none",
        "Hosts on which several resources, of VMs or its own, deviate together, and which of them was first: "
        "look there before looking at the others. Of those that began at once, three are named. Open the "
        "host to see all of them in order.",
        "Nothing deviates together",
    )
    rows = onsets(matchers)
    first = f"{rows} == on (instance) group_left () min by (instance) ({rows})"
    several = f"count by (instance) ({rows}) > 1"
    queries = (
        Query(f"1000 * bottomk by (instance) (3, {first}) and on (instance) ({several})"),
        Query(several),
    )
    columns = (
        Column("instance", "Host", HOST_CELL),
        Column("domain", "First: VM", VM_CELL),
        WHAT,
        Column("Value #A", "Since", SINCE.style),
        Column("Value #B", "Deviate", {"custom.width": 75}),
    )
    return listing(card, queries, columns, "Value #A", descending=False, empty="what")
