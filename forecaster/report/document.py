"""A report on a period, as data: facts, plots, and the tables of the advisers. Formats only write it down."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from forecaster.advice import (
    commitment,
    compare,
    cost,
    issues,
    patterns,
    reserve,
    runway,
    service_levels,
    sizes,
    waste,
)
from forecaster.advice.finding import NOT_READ, Column
from forecaster.advice.output import ItemAdviser
from forecaster.advice.sizing import GIB
from forecaster.advice.wording import amount, shown
from forecaster.report.period import load
from forecaster.report.plots import load_plot, runway_plots
from forecaster.report.usage import columns, usages
from forecaster.series.printable import printable
from forecaster.view.inventory import each_once
from forecaster.view.rollups import HOURS
from forecaster.view.used import CPU, MEMORY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup

    from forecaster.advice.finding import Adviser
    from forecaster.report.usage import Usage, UsageColumn
    from forecaster.view.view import Fresh

ROWS = 25  # of a table; all of them are in the API, and those of VMs in the CSV file
LOAD = "The mean of each hour of all VMs together, and what those had that were running."
ADVISERS: tuple[tuple[Adviser, str], ...] = (
    (issues.ADVISER, "Now and soon, the most urgent first; judged by the last day."),
    (runway.ADVISER, "By the trend of the last four weeks."),
    (reserve.ADVISER, "Whether the other hosts have room for its VMs at every hour of a week."),
    (commitment.ADVISER, "Memory of hosts and storage of pools, as the last inventory has it."),
    (sizes.ADVISER, "Sizes that cover what each VM needed in the last four weeks, at balanced risk."),
    (service_levels.ADVISER, "What was missed of the last four weeks, of what the objectives allow."),
    (waste.ADVISER, "What is paid for and does nothing."),
    (cost.ADVISER, "By owner, at present sizes and the prices of the configuration."),
    (compare.ADVISER, "From the week before the last one to the last week."),
    (patterns.ADVISER, "VMs and hosts whose load is hardest to foresee."),
)
OF_ALL = {reserve.ADVISER.name, commitment.ADVISER.name}
"""Advisers on what all owners share."""


@dataclass(frozen=True)
class Section:
    """A question, the plots and the table that answer it; `left_out` rows are not shown."""

    name: str
    title: str
    note: str = ""
    plots: tuple[tuple[Markup, str], ...] = ()
    columns: tuple[Column, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    left_out: int = 0
    nothing: str = ""


@dataclass(frozen=True)
class Document:
    """A report on the time from `since` to `until`, Unix seconds; an empty owner: on all.

    `items` are what advisers gave, by their name, all of it: their outputs by name.
    """

    title: str
    owner: str
    since: int
    until: int
    source: str
    facts: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
    usages: tuple[Usage, ...]
    usage_columns: tuple[UsageColumn, ...]
    items: dict[str, list[dict[str, object]]]

    @property
    def period(self) -> str:
        """For example: 2026-10-30 06:00 to 2026-11-29 06:00 UTC."""
        return f"{moment(self.since)} to {moment(self.until)} UTC"


def moment(at: float) -> str:
    """A Unix time, UTC."""
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M}"


def document(fresh: Fresh, hours: int, owner: str = "") -> Document:
    """The report on the last `hours` hours of the past; `fresh` has the owner's VMs only, if there is one."""
    view = fresh.view
    ends = view.rollups["vm_cpu"].ends[-hours:]
    until = int(ends[-1]) if len(ends) else int(view.made_at)
    advised = replace(fresh, view=replace(view, rollups=view.rollups.four_weeks))
    every = view.rollups.every
    used, currency = usages(view, hours), view.prices.currency if view.prices.known else ""
    told = [(adviser, note) for adviser, note in ADVISERS if not owner or adviser.name not in OF_ALL]
    return Document(
        title=f"VMs of {shown(owner)}" if owner else "VMs and hosts",
        owner=owner,
        since=int(ends[0]) - every if len(ends) else until - hours * every,
        until=until,
        source=printable(view.backend_url),
        facts=(*facts(fresh, hours), *_costs(advised), _covered(advised)),
        sections=(
            _load(fresh, hours),
            *(_section(adviser, note, advised) for adviser, note in told),
            _vms(used, columns(currency)),
        ),
        usages=used,
        usage_columns=columns(currency),
        items={each.name: _items(each, advised) for each, _ in told if isinstance(each, ItemAdviser)},
    )


def facts(fresh: Fresh, hours: int) -> tuple[tuple[str, str], ...]:
    """What stands above all."""
    view, hosts = fresh.view, len(fresh.view.inventory.hosts)
    vms = each_once(view.inventory.vms)
    cpu = load(view, CPU, hours)
    memory = load(view, MEMORY, hours)
    found = [
        ("VMs", str(len(vms))),
        *([("Hosts", str(hosts))] if hosts else []),
        ("vCPUs", f"{sum(vm.virtual_cpus or 0 for vm in vms):,.0f}"),
        ("Memory", amount(sum(vm.maximum_memory_bytes or 0 for vm in vms), "bytes")),
        ("CPU used", amount(cpu.share, "ratio")),
        ("Memory used", amount(memory.share, "ratio")),
    ]
    return tuple(found)


def _costs(fresh: Fresh) -> list[tuple[str, str]]:
    """What all owners pay together, where there are prices."""
    told = cost.advised(fresh)
    if not told:
        return []
    text = told[0].text
    return [
        ("Cost in a month", text(sum(each.month for each in told))),
        ("Of it wasted", text(sum(each.wasted for each in told))),
        ("This month so far", text(sum(each.spent for each in told))),
        ("Expected at its end", text(sum(each.expected for each in told))),
    ]


def _covered(fresh: Fresh) -> tuple[str, str]:
    """What advice is made from, whatever the period."""
    hours = fresh.view.rollups["vm_cpu"].known
    if not hours:
        return "Advice is from", "nothing: no past is known"
    if hours == 1:
        return "Advice is from", "the last hour"
    return (
        "Advice is from",
        f"the last {hours} hours" if hours < 2 * HOURS else f"the last {hours // HOURS} days",
    )


def _load(fresh: Fresh, hours: int) -> Section:
    view = fresh.view
    plots = (
        load_plot(load(view, CPU, hours), "vCPUs", "CPUs"),
        load_plot(load(view, MEMORY, hours, GIB), "GiB", "Memory"),
    )
    return Section("load", "Load", LOAD, tuple(each for each in plots if each), nothing=NOT_READ)


def _section(adviser: Adviser, note: str, fresh: Fresh) -> Section:
    every = sorted(adviser.advise(fresh), key=lambda finding: finding.order)
    plots = runway_plots(fresh) if adviser is runway.ADVISER else ()
    return Section(
        adviser.name,
        adviser.title,
        note,
        plots,
        adviser.columns,
        tuple(finding.cells() for finding in every[:ROWS]),
        max(0, len(every) - ROWS),
        adviser.without(fresh),
    )


def _vms(used: Sequence[Usage], table: Sequence[UsageColumn]) -> Section:
    """The VMs that used most CPU time, without the columns that only a wider table has room for."""
    wide = {"Known (hours)", "Steal mean (%)", "CPU verdict", "Memory verdict", "Disk mean (MiB/s)"}
    shown_columns = [each for each in table if each.title not in wide]
    texts = {"VM", "Host", "Owner"}
    rows = [tuple(cell(each.read(of)) for each in shown_columns) for of in used[:ROWS]]
    return Section(
        "vms",
        "VMs that use most CPU time",
        "Means and peaks are those of the period; a peak is the highest sample.",
        columns=tuple(
            Column(each.title, number=each.title not in texts, whole=each.title in texts)
            for each in shown_columns
        ),
        rows=tuple(rows),
        left_out=max(0, len(used) - ROWS),
        nothing="No VM is known.",
    )


def cell(value: str | float | None) -> str:
    """A value as a table of people has it."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return ""
    if isinstance(value, str):
        return shown(value)
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _items(adviser: ItemAdviser, fresh: Fresh) -> list[dict[str, object]]:
    advice = adviser.advice
    return [
        {"labels": dict(advice.labels(item)), **{each.name: each.read(item) for each in advice.outputs}}
        for item in advice.given(fresh)
    ]
