"""Whether VMs have the size they need, what is paid for and not used, and what that costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.advice import cost, disk_sizes, sizes, sizing, waste
from grafana.panels.card import Card, Query
from grafana.panels.figures import WIDE, figures
from grafana.panels.table import Column, Table, listing
from grafana.queries import sizes as present
from grafana.queries.rates import share
from grafana.queries.selectors import NARROWED, OWNERS
from grafana.style import colors, fields
from grafana.style.thresholds import EFFICIENCY
from grafana.subjects import columns

if TYPE_CHECKING:
    from collections.abc import Mapping

    from grafana_foundation_sdk.builders import stat, table

VM = "instance, domain"
# For each part of a VM: its title, and Grafana's unit of its size.
PARTS: Mapping[str, tuple[str, str]] = {"cpu": ("CPUs", "none"), "memory": ("Memory", "bytes")}
VERDICTS = {sizes.SMALL: ("too small", colors.WARN), sizes.LARGE: ("too large", colors.WATCH)}
KINDS = {
    waste.ZOMBIE: ("idle, without traffic", colors.WARN),
    waste.IDLE: ("idle", colors.WATCH),
    waste.ORPHANS: ("volumes of no VM", colors.WATCH),
    waste.GROWING: ("growing snapshot", colors.WARN),
    waste.SNAPSHOT: ("old snapshot", colors.ACTUAL),
}
NO_HISTORY = "not a week of history"
KNOWN = f"count({sizes.SIZE.name})"  # there is a week of history
COST = f"count({cost.SPENT.name})"  # there are prices


def _of_part(series: str, part: str, also: str = "") -> str:
    return f'max by ({VM}) ({series}{{part="{part}", {also}{NARROWED}}})'


def _size(part: str, risk: str) -> str:
    return _of_part(sizes.SIZE.name, part, f'risk="{risk}", ')


def _judged(part: str, verdict: str) -> str:
    """The efficiency of the VMs with this verdict, which is a label."""
    found = f'{sizes.VERDICT.name}{{part="{part}", verdict="{verdict}", {NARROWED}}}'
    judged = f"max by ({VM}, verdict) ({found})"
    return f"{_of_part(sizes.EFFICIENCY.name, part)} * on ({VM}) group_left (verdict) {judged}"


def needed(part: str) -> stat.Panel:
    title, _ = PARTS[part]
    card = Card(
        f"{title} needed",
        "percentunit",
        f"The {title if title == 'CPUs' else 'memory'} that VMs need by their balanced sizes, as a share of "
        "what they have. What is left could go to others: the tables below name the VMs.",
        NO_HISTORY,
    )
    ratio, has = _of_part(sizes.EFFICIENCY.name, part), present.of_vms(part, NARROWED)
    whole = f"sum({has} and on ({VM}) {ratio})"
    return figures(card, Query(share(f"sum({has} * {ratio})", whole)), steps=EFFICIENCY).decimals(0)


def recommended(part: str) -> table.Panel:
    title, unit = PARTS[part]
    card = Card(
        f"{title} of VMs that do not fit",
        "none",
        "VMs that are too small or too large, what they have and the sizes that the forecaster recommends. "
        "Conservative: hardly ever too small; aggressive: saves most. Needed: the share of the present size "
        "that the balanced size is. Resize in the next maintenance window.",
        "All VMs fit, or there is not a week of history yet",
    )
    rows = f"(topk(10, {_judged(part, sizes.SMALL)}) or bottomk(20, {_judged(part, sizes.LARGE)}))"
    at = f"and on ({VM}) {rows}"
    queries = {
        "needed": rows,
        "has": f"{present.of_vms(part, NARROWED)} {at}",
        **{risk: f"{_size(part, risk)} {at}" for risk in sizing.RISKS},
    }
    amount = {**fields.unit(unit, 0), **fields.width(105)}
    shown = (
        columns.VM,
        Column("verdict", "Is", {**fields.colored_words(VERDICTS), **fields.width(90)}),
        Column("has", "Has", {**amount, **fields.width(80)}),
        *(Column(risk, risk.capitalize(), amount) for risk in sizing.RISKS),
        Column("needed", "Needed", {**fields.PERCENT, **fields.width(80)}),
        columns.HOST,
    )
    labels = ("instance", "domain", "verdict")
    return listing(card, Table(labels, queries, shown, sort="verdict", empty="domain"))


def disks() -> table.Panel:
    card = Card(
        "Disks of VMs that do not fit",
        "none",
        "Disks that should be smaller or larger, by what their file systems use and how that grows: those "
        "that are too small first. Conservative leaves most room. A disk that is too small is extended "
        "while the VM runs (`virsh blockresize`), one that is too large is copied to a smaller one.",
        "All disks fit, or their use is not known",
    )
    by = f"{VM}, target_device"

    def size(risk: str) -> str:
        return f'max by ({by}) ({disk_sizes.SIZE.name}{{risk="{risk}", {NARROWED}}})'

    has = f"max by ({by}) (libvirt_domain_block_stats_capacity_bytes{{{NARROWED}}})"
    rows = f"topk(20, {size(sizing.BALANCED)} / {has})"
    queries = {
        "needed": rows,
        "has": f"{has} and {rows}",
        **{risk: f"{size(risk)} and {rows}" for risk in sizing.RISKS},
    }
    amount = {**fields.unit("bytes", 0), **fields.width(105)}
    shown = (
        columns.VM,
        Column("target_device", "Disk", fields.width(60)),
        Column("has", "Has", {**amount, **fields.width(80)}),
        *(Column(risk, risk.capitalize(), amount) for risk in sizing.RISKS),
        Column("needed", "Needed", {**fields.PERCENT, **fields.width(80)}),
        columns.HOST,
    )
    labels = ("instance", "domain", "target_device")
    return listing(card, Table(labels, queries, shown, sort="needed", empty="domain"))


def unused() -> stat.Panel:
    card = Card(
        "Paid for, not used",
        "none",
        "How many VMs are idle or without any traffic, storage pools with volumes of no VM, and VMs with an "
        "old snapshot, as at least two weeks tell.",
        "nothing found",
    )
    found = f"max by ({VM}, pool, kind) ({waste.INFO.name}{{{NARROWED}}})"
    number = Query(f"count by (kind) ({found})", "{{kind}}")
    styles = {kind: {"displayName": text, **fields.fixed(color)} for kind, (text, color) in KINDS.items()}
    return figures(card, number, many=True, styles=styles).text(WIDE)


def costs() -> table.Panel:
    card = Card(
        "Cost of owners in a month",
        "none",
        "What the VMs of each owner cost in a month at their present sizes, and how much of it buys nothing: "
        "idle VMs, and what others have beyond their balanced sizes; and what this calendar month has cost, "
        "and will have at its end. The chosen providers and hosts do not narrow it. The forecaster's "
        "`prices` set the currency.",
        "These owners have no VM",
    )
    spent, wasted, so_far, expected = (
        f"max by (owner) ({each.name}{{{OWNERS}}})"
        for each in (cost.SPENT, cost.WASTED, cost.SO_FAR, cost.EXPECTED)
    )
    month = {"so far": so_far, "at its end": expected}
    queries = {"cost": spent, "wasted": wasted, "share": share(wasted, spent), **month}
    money = {**fields.unit("locale", 0), **fields.width(130)}
    shown = (
        Column("owner", "Owner"),
        Column("cost", "Cost", money),
        Column("wasted", "Wasted", money),
        Column("share", "Share wasted", fields.USED),
        Column("so far", "This month", money),
        Column("at its end", "At its end", money),
    )
    source = (cost.SPENT.name, "No prices are configured")
    return listing(card, Table(("owner",), queries, shown, sort="wasted", empty="owner", source=source))
