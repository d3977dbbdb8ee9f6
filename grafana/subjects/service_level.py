"""Service levels: what is left of each budget, and how fast it burns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana_foundation_sdk.models.common import VisibilityMode

from alert_rules.alerts import service_level as alerts
from alert_rules.fleet_aggregates import BUDGET_WINDOW
from alert_rules.layer import VM
from alert_rules.promql import grouped
from alert_rules.values import defaults
from forecaster.advice import service_levels
from grafana import variables
from grafana.panels.card import Card, Query
from grafana.panels.figures import figures
from grafana.panels.table import Column, Table, listing
from grafana.panels.timeline import MANY, timeline
from grafana.queries import forecasts
from grafana.queries.counts import counted
from grafana.queries.selectors import NARROWED
from grafana.style import colors, fields
from grafana.style.thresholds import ANY_IS_BAD, BUDGET, Steps
from grafana.subjects import columns
from grafana.subjects.contention import alerted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from grafana_foundation_sdk.builders import stat, table, timeseries

    from alert_rules.alerts.service_level import Objective
    from grafana.variables import Variable

AVAILABLE, FAST = alerts.AVAILABLE, alerts.FAST
OBJECTIVES = {
    AVAILABLE.name: defaults(alerts.AVAILABILITY),
    FAST.name: defaults(alerts.LATENCY),
}
WORDS = {AVAILABLE.name: "VMs run", FAST.name: "Disks are fast"}
NOTHING = {
    AVAILABLE.name: "No VM should run, or aggregates.rules.yml is not loaded",
    FAST.name: "No disk has requests, or aggregates.rules.yml is not loaded",
}
UNSEEN = " While a host does not answer, that counts neither as kept nor as missed for its VMs."
WINDOWS = ("1h", "6h", "3d")
STEP = "5m"  # of graphs at least, so that each has a mean of those that rules record
IF_CRITICAL = f'{NARROWED}, domain=~"${{critical}}"'  # all VMs where any is critical, else none


def _kept(objective: Objective, window: str, matchers: str = NARROWED) -> str:
    """The share of the time in a window in which the objective was kept, from what rules record."""
    over = {
        "1h": f"{objective.series}:avg1h{{{matchers}}}",
        BUDGET_WINDOW: f"last_over_time({objective.series}:avg{BUDGET_WINDOW}{{{matchers}}}[1h])",
    }.get(window, f"avg_over_time({objective.series}:avg30m{{{matchers}}}[{window}])")
    return f"max by {grouped(objective.by)} ({over})"


def _left(objective: Objective) -> str:
    """The share of the budget of 30 days that is left; below 0 it is overdrawn."""
    kept, if_critical = (_kept(objective, BUDGET_WINDOW, matchers) for matchers in (NARROWED, IF_CRITICAL))
    spent = _spent(objective, kept, if_critical, _critical(objective))
    return f"1 - max by {grouped(objective.by)} ({spent})"


def _spent(objective: Objective, kept: str, if_critical: str, critical: str) -> str:
    """What was missed by what may be missed, which is less for the VMs that are critical, as alerts have it:
    these get the label `critical`. `kept` may read months: the same of `IF_CRITICAL` reads nothing where no
    VM is.
    """
    share, less = _allowed(objective)
    of_critical = _marked(f"1 - {if_critical} and on {grouped(VM)} {critical}")
    return f"{of_critical} / {less} or (1 - {kept} unless on {grouped(VM)} {critical}) / {share}"


def _allowed(objective: Objective) -> tuple[str, str]:
    """The share of the time that a VM may miss, and that one with a high criticality may."""
    share, less = (OBJECTIVES[objective.name][each] for each in ("objective", "critical_objective"))
    return f"(1 - {share})", f"(1 - {less})"


def _marked(vms: str) -> str:
    return f'label_replace({vms}, "critical", "yes", "", "")'


def _critical(objective: Objective, at: str = "") -> str:
    """The VMs with a high criticality, of hosts that were there within the hour, as budgets are."""
    return f"last_over_time({_described(OBJECTIVES[objective.name])}[1h]{at})"


def _described(values: Mapping[str, object]) -> str:
    return f'libvirt_domain_virtcast_info{{criticality=~"{values["critical"]}"}}'


def critical() -> Variable:
    """Whether any VM has a high criticality, within the time range or the hour before its start or end."""
    windows = ("[$__range]", "[1h]", "[1h] offset $__range")
    described = dict.fromkeys(_described(values) for values in OBJECTIVES.values())
    some = " or ".join(f"last_over_time({each}{window})" for each in described for window in windows)
    return variables.whether("critical", some, "Whether VMs with a high criticality are read.")


def share(objective: Objective) -> stat.Panel:
    wanted = float(OBJECTIVES[objective.name]["objective"])
    card = Card(
        WORDS[objective.name],
        "percentunit",
        f"The share of the last 30 days in which the objective was kept, over all VMs. It is {wanted:.1%}; "
        f"VMs with a high criticality have a higher one.{UNSEEN}",
        "not known",
    )
    steps: Steps = ((None, colors.BAD), (wanted, colors.GOOD))
    return figures(card, Query(f"avg({_kept(objective, BUDGET_WINDOW)})"), steps=steps).decimals(2)


def overdrawn(objective: Objective) -> stat.Panel:
    card = Card(
        "Budgets used up",
        "none",
        f'How many of "{WORDS[objective.name]}" have used up the budget of 30 days. The table names them.',
        "not known",
    )
    used_up = counted(f"{_left(objective)} < 0", _kept(objective, BUDGET_WINDOW))
    return figures(card, Query(used_up), steps=ANY_IS_BAD)


def budgets(objective: Objective) -> table.Panel:
    card = Card(
        f"{WORDS[objective.name]}: least budget left",
        "none",
        "The twenty with the least of their budget of 30 days left, and the share of the time in which the "
        "objective was kept, by window. A low share of the last hour burns now; a low one of three days only "
        "is over. 100 % of the budget may be spent on changes.",
        NOTHING[objective.name],
    )
    rows = f"bottomk(20, {_left(objective)})"
    queries = {"left": rows, **{each: f"{_kept(objective, each)} and {rows}" for each in WINDOWS}}
    part = [Column("target_device", "Disk", fields.width(60))] if "target_device" in objective.by else []
    kept = {**fields.unit("percentunit", 2), **fields.width(80)}
    shown = (
        columns.VM,
        *part,
        columns.HOST,
        Column(
            "left",
            "Budget left",
            {**fields.unit("percentunit", 0), **fields.colored_cell(BUDGET), **fields.width(110)},
        ),
        *(Column(each, each, kept) for each in WINDOWS),
    )
    some = _kept(objective, BUDGET_WINDOW)
    content = Table(objective.by, queries, shown, sort="left", descending=False, empty="domain", some=some)
    return listing(card, content)


def missed() -> table.Panel:
    card = Card(
        "Missed in four weeks",
        "none",
        "The twenty VMs that missed an objective by most within four weeks, as the forecaster counts it, "
        "without aggregates, too: in which share of the time the VM ran (availability) or its disks were "
        "fast (latency), and how many times what may be missed that was. Move the VM, or promise less.",
        "All objectives were kept, or less than a day is known",
    )
    by = ("instance", "domain", "objective")
    rows = f"topk(20, max by ({', '.join(by)}) ({service_levels.SPENT.name}{{{NARROWED}}}))"
    attained = f"max by ({', '.join(by)}) ({service_levels.ATTAINED.name}{{{NARROWED}}}) and {rows}"
    shown = (
        columns.VM,
        Column("objective", "Objective", fields.width(120)),
        columns.HOST,
        Column("attained", "Attained", {**fields.unit("percentunit", 2), **fields.width(100)}),
        Column("spent", "Budget spent", {**fields.unit("percentunit", 0), **fields.width(120)}),
    )
    queries, source = {"spent": rows, "attained": attained}, forecasts.SOURCE
    return listing(card, Table(by, queries, shown, sort="spent", empty="domain", source=source))


def burn(objective: Objective) -> timeseries.Panel:
    fast = alerts.BURNS[0]
    card = Card(
        f"{WORDS[objective.name]}: burn rate",
        "none",
        "How many times faster than allowed the budget was spent: in each step of the graph, the hour (over "
        "more than five days: the half hour) that spent most, for the ten that were fastest at any time of "
        "the graph. 1 spends it in 30 days; at "
        f"{fast.factor:g}, the dashed line, it lasts two days and an alert fires.",
        NOTHING[objective.name],
    )
    least, if_critical = (
        f"max by {grouped(objective.by)} "
        f"(min_over_time({objective.series}$kept{{{matchers}}}[$__range] @ end()))"
        for matchers in (NARROWED, IF_CRITICAL)
    )
    # As graphs begin or end, not at each of their moments: a VM has one budget, and the ranking holds.
    critical = f"({' or '.join(_critical(objective, f' @ {end}()') for end in ('start', 'end'))})"
    fastest = f"topk(10, {_spent(objective, least, if_critical, critical)})"
    share, less = _allowed(objective)
    # What each of the ten may miss, found once: with `_spent`, all of `kept` would be read twice. Of the
    # others nothing is computed at each moment.
    shares = f"({_marked(f'vector({less})')} or vector({share}))"
    kept = f"min_over_time({objective.series}$kept{{{NARROWED}}}[$__rate_interval])"
    missed = f"({fastest} * 0 + 1 - on {grouped(objective.by)} group_right (critical) {kept})"
    rate = f"min by {grouped(objective.by)} ({missed} / on (critical) group_left () {shares})"
    legend = " ".join(f"{{{{{label}}}}}" for label in objective.by if label != "instance")
    panel = timeline(card, Query(rate, legend), points=MANY).interval(STEP).axis_soft_max(1)
    return alerted(panel.show_points(VisibilityMode.AUTO), fast.factor)  # a short range has one or two steps
