"""What comes, and what fires: the tables that rank, of the fleet and of one VM."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana.panels.card import Card
from grafana.panels.table import Column, Table, listing
from grafana.queries import forecasts
from grafana.queries.by_what import LABELS, ByWhat, rows_of
from grafana.queries.selectors import FIRING, HOST, OF_VMS
from grafana.resources import measures
from grafana.style import colors, fields
from grafana.subjects import columns

if TYPE_CHECKING:
    from grafana_foundation_sdk.builders import table

    from grafana.profile import Profile

VMS = f"{OF_VMS}, {HOST}"
CHANCE = Column("probability", "Within $horizon", fields.CHANCE_BAR)


def chances(profile: Profile) -> str:
    """The probability that each resource of a VM reaches its limit within the chosen horizon."""
    return ByWhat(profile.resources).keyed(forecasts.probability(VMS))


def scores(profile: Profile) -> str:
    """The anomaly score of each resource of a VM."""
    return ByWhat(profile.resources).keyed(forecasts.score(VMS))


def running_out(profile: Profile) -> table.Panel:
    card = Card(
        "What runs out next",
        "none",
        "The resources of VMs that most probably reach their limit within the chosen horizon. Time left is "
        "the median of the forecast. Open the VM to see the forecast. Enlarge the resource, or stop what "
        "fills it, before the time is over.",
        "Nothing is expected to run out",
    )
    by_what, ways = ByWhat(profile.resources), measures(profile.resources)
    rows = f"topk(20, {chances(profile)} > 0.005)"  # other columns are looked up for these rows only
    queries = {
        "probability": rows,
        **{each.named("used"): rows_of(rows, f"({by_what.actual(each, HOST)})") for each in ways},
        "left": rows_of(rows, f"({by_what.time_left(VMS)})"),
    }
    shown = (
        columns.VM,
        columns.what(by_what, 110),
        CHANCE,
        Column("left", "Time left", {**fields.width(90), **fields.TIME}),
        *columns.used(ways),
        columns.HOST,
    )
    return listing(card, Table(LABELS, queries, shown, sort="probability", empty="what"))


def firing() -> table.Panel:
    card = Card(
        "Firing alerts",
        "none",
        "Every alert that fires, with how long it has been active. A predicted one says what is about to "
        "happen, an actual one what is the case. The runbook of an alert says what to do.",
        "No alert fires",
    )
    active = f"time() - ALERTS_FOR_STATE{{{HOST}}} and ignoring (alertstate) ALERTS{{{FIRING}}}"
    shown = (
        Column("severity", "Severity", {**fields.colored_names(colors.SEVERITIES), **fields.width(80)}),
        Column("kind", "Kind", {**fields.colored_names(colors.KINDS), **fields.width(85)}),
        Column("alertname", "Alert", fields.width(248)),
        columns.VM,
        Column("mountpoint", "Mount point", fields.width(130)),
        columns.HOST,
        Column("active", "Active for", {**fields.unit("s", 1), **fields.width(100)}),
    )
    labels = ("severity", "kind", "alertname", "domain", "mountpoint", "instance")
    content = Table(labels, {"active": active}, shown, sort="active", descending=False, empty="alertname")
    return listing(card, content)


def of_one_vm(profile: Profile, matchers: str) -> table.Panel:
    card = Card(
        "What comes next",
        "none",
        "Each resource of the VM: what is used, and the probability that the limit is reached within the "
        f"chosen horizon. {columns.ABOUT_TIMES} No time: no exhaustion is in sight.",
        "No forecast yet: the forecaster learns a new VM first",
    )
    by_what, ways = ByWhat(profile.resources), measures(profile.resources)
    queries = {
        "probability": by_what.keyed(forecasts.probability(matchers)),
        **{each.named("used"): by_what.actual(each, matchers) for each in ways},
        **{name: by_what.time_left(matchers, quantile) for name, _, quantile in columns.TIMES},
    }
    shown = (columns.what(by_what, 110), *columns.used(ways), CHANCE, *columns.times(95))
    return listing(card, Table(LABELS, queries, shown, sort="probability", empty="what"))
