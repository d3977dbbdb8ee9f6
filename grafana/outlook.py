"""What comes, and what fires: the tables that rank, of the fleet and of one VM."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana import style
from grafana.links import HOST_CELL, VM_CELL
from grafana.panels import Card, Column, Query, listing
from grafana.resources import FIRING, HOST, KEY, actual_values, keyed, what_words

if TYPE_CHECKING:
    from grafana_foundation_sdk.builders import table

VM_RESOURCE = 'resource=~"vm_.+"'
VMS = f"{VM_RESOURCE}, {HOST}"
CHANCE = keyed(f'virtcast_exhaustion_probability_ratio{{horizon="$horizon", {VMS}}}')
SCORE = keyed(f"virtcast_anomaly_score{{{VMS}}}")
# The rows of the fleet's table; its other columns are looked up for these rows only.
RUNNING_OUT = f"topk(20, {CHANCE} > 0.005)"

VM_COLUMN = Column("domain", "VM", VM_CELL)
WHAT_COLUMN = Column("what", "Resource", {**what_words(), "custom.minWidth": 110})
HOST_COLUMN = Column("instance", "Host", HOST_CELL)


def _of(rows: str, expr: str) -> str:
    return f"({expr}) and on ({KEY}) {rows}"


def _time_left(matchers: str, quantile: str) -> str:
    when = keyed(f'virtcast_exhaustion_timestamp_seconds{{quantile="{quantile}", {matchers}}}', "min")
    return f"clamp_min({when} - time(), 0)"


def running_out() -> table.Panel:
    card = Card(
        11,
        "What runs out next",
        "none",
        "The VMs whose CPU, memory, file systems or disk images most probably reach their limit within the "
        "chosen horizon. Time left is the median of the forecast. Open the VM to see the forecast; grow the "
        "resource or stop what fills it before the time is over.",
        "Nothing is expected to run out",
    )
    queries = (
        Query(RUNNING_OUT),
        Query(_of(RUNNING_OUT, actual_values(HOST))),
        Query(_of(RUNNING_OUT, _time_left(VMS, "0.5"))),
    )
    columns = (
        VM_COLUMN,
        WHAT_COLUMN,
        Column("Value #A", "Within $horizon", {**style.PERCENT, **style.gauge_cell(style.PROBABILITY)}),
        Column("Value #C", "Time left", {"custom.width": 90, **style.time_left_cell()}),
        Column("Value #B", "Used", {**style.PERCENT, **style.gauge_cell(style.UTILIZATION)}),
        HOST_COLUMN,
    )
    return listing(card, queries, columns, "Value #A", empty="what")


def firing() -> table.Panel:
    card = Card(
        13,
        "Firing alerts",
        "none",
        "Every alert that fires, with how long it has been active. Predicted ones tell what is about to "
        "happen, actual ones what is the case. Each alert has a runbook that says what to do.",
        "No alert fires",
    )
    active = f"time() - ALERTS_FOR_STATE{{{HOST}}} and ignoring (alertstate) ALERTS{{{FIRING}}}"
    columns = (
        Column(
            "severity",
            "Severity",
            {**style.colored_words({k: (k, v) for k, v in style.SEVERITIES.items()}), "custom.width": 80},
        ),
        Column(
            "kind",
            "Kind",
            {**style.colored_words({k: (k, v) for k, v in style.KINDS.items()}), "custom.width": 85},
        ),
        Column("alertname", "Alert", {"custom.width": 248}),
        Column("domain", "VM", VM_CELL),
        Column("mountpoint", "Mount point", {"custom.width": 130}),
        HOST_COLUMN,
        Column("Value #A", "Active for", {"unit": "s", "decimals": 1, "custom.width": 100}),
    )
    return listing(card, [Query(active)], columns, "Value #A", descending=False, empty="alertname")


def of_one_vm(matchers: str) -> table.Panel:
    card = Card(
        11,
        "What comes next",
        "none",
        "Each resource of the VM: what is used, how probable it is that the limit is reached within the "
        "chosen horizon, and when: early is the time with a chance of one in ten, late with nine in ten. No "
        "time: no exhaustion is in sight.",
        "No forecast yet: the forecaster learns a new VM first",
    )
    chance = keyed(f'virtcast_exhaustion_probability_ratio{{horizon="$horizon", {matchers}}}')
    queries = (
        Query(chance),
        Query(actual_values(matchers)),
        *(Query(_time_left(matchers, quantile)) for quantile in ("0.1", "0.5", "0.9")),
    )
    left = {"custom.width": 95, **style.time_left_cell()}
    columns = (
        WHAT_COLUMN,
        Column("Value #B", "Used", {**style.PERCENT, **style.gauge_cell(style.UTILIZATION)}),
        Column("Value #A", "Within $horizon", {**style.PERCENT, **style.gauge_cell(style.PROBABILITY)}),
        Column("Value #C", "Early", left),
        Column("Value #D", "Median", left),
        Column("Value #E", "Late", left),
    )
    return listing(card, queries, columns, "Value #A", empty="what")
