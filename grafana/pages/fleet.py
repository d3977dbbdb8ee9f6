"""The fleet page: what an operator of one to thousands of VMs opens in the morning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana import marks, variables
from grafana.page import Band, Entry, Page, Placed, RowIds, Section, flow
from grafana.queries.selectors import HOST
from grafana.resources import owned
from grafana.subjects import (
    alerts,
    deviation,
    health,
    issues,
    migration,
    outlook,
    runway,
    scores,
    states,
    storage,
    use,
)

if TYPE_CHECKING:
    from grafana.profile import Profile

TOP = RowIds("top", {"vm_cpu": 21, "vm_memory": 22, "vm_filesystem": 23, "vm_disk_allocation": 24})


def page(profile: Profile) -> Page:
    return Page(
        "fleet",
        "Fleet",
        "All VMs and hosts: what to look at first, what runs out next, what is abnormal now, what fires.",
        Entry("Fleet", "All VMs and hosts"),
        variables=(
            *variables.scope(),
            variables.resources(),
            variables.horizon(profile),
            variables.lasting(),
            variables.possible(),
            variables.scores(),
        ),
        marks=(marks.critical(profile.mark), marks.predicted(HOST, profile.mark, enabled=False)),
        sections=(
            Section("", 0, _overview(profile)),
            Section("Storage pools", 18, [_pools(profile)], needs=storage.PRESENT),
            Section("Highest use now", 20, flow(9, _tops(profile), most=4), needs=use.PRESENT),
            Section("Live migration", 30, [_moves(profile)], needs=migration.PRESENT),
            Section("Health of the monitoring", 40, [_monitoring()]),
        ),
    )


def _overview(profile: Profile) -> list[Band]:
    head = (
        Placed(1, states.hosts(), 3),
        Placed(2, states.vms(), 5),
        Placed(3, outlook.likely()),
        Placed(4, scores.abnormal()),
        Placed(8, runway.shortest()),
        Placed(5, alerts.by_kind(), 4),
        Placed(7, health.forecast_age()),
    )
    next_and_now = (
        Placed(11, outlook.running_out(profile), 11),
        Placed(12, deviation.of_the_fleet(profile)),
    )
    alerts_and_origins = (
        Placed(13, alerts.firing(profile), 15),
        Placed(15, deviation.first_by_host(profile)),
    )
    first = Band(8, [Placed(10, issues.first(profile))])
    return [
        Band(4, head),
        first,
        Band(9, next_and_now),
        Band(8, alerts_and_origins),
        Band(7, [Placed(14, use.hosts(profile))]),
    ]


def _pools(profile: Profile) -> Band:
    panels = (Placed(16, storage.pools(profile, of_all=True), 14), Placed(17, storage.history(profile)))
    return Band(8, panels)


def _tops(profile: Profile) -> list[Placed]:
    return [Placed(TOP.of(each.name), use.top(each)) for each in owned(profile.resources, "vm")]


def _moves(profile: Profile) -> Band:
    panels = (
        Placed(31, migration.moving(), 11),
        Placed(32, migration.moved(), 9),
        Placed(33, migration.results(profile.migrations)),
    )
    return Band(7, panels)


def _monitoring() -> Band:
    panels = (
        Placed(41, health.series_states()),
        Placed(42, health.cycle()),
        Placed(44, health.collectors()),
    )
    return Band(7, panels)
