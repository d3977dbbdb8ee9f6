"""The page of live migrations: those under way, those that ended, and what they did to the hosts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana import marks, variables
from grafana.page import Band, Entry, Page, Placed, Section
from grafana.subjects import migration
from grafana.subjects import migration_forecast as expected
from grafana.subjects import migration_history as history

if TYPE_CHECKING:
    from grafana.profile import Profile


def page(profile: Profile) -> Page:
    return Page(
        "migrations",
        "Migrations",
        "Live migrations: those under way, how the last ones ended, and what they did to the hosts.",
        Entry("Migrations", "Live migrations: under way, ended, and what they did to the hosts"),
        variables=(
            *variables.scope(),
            variables.horizon(profile, hidden=True),
            variables.sampled(),
            variables.halves(),
        ),
        marks=(marks.migrations_of_all(profile.mark),),
        sections=(
            Section("", 0, _now()),
            Section("Under way", 20, _under_way(), needs=history.RUNS),
            Section("Forecast and real", 40, _forecast(), needs=expected.PRESENT),
            Section("What ended", 30, _ended(profile), needs=history.HAPPENED),
        ),
    )


def _now() -> list[Band]:
    return [Band(8, (Placed(1, migration.moving(), 15), Placed(2, migration.moved())))]


def _under_way() -> list[Band]:
    progress = (Placed(21, history.left()), Placed(22, history.speed()), Placed(23, history.time_left()))
    cost = (Placed(24, history.throttle()), Placed(25, history.host_cpu()), Placed(26, history.host_memory()))
    return [Band(8, progress), Band(8, cost)]


def _forecast() -> list[Band]:
    over_time = (Placed(42, expected.over_time(), 18), Placed(43, expected.error()))
    return [Band(8, [Placed(41, expected.by_vm())]), Band(7, over_time)]


def _ended(profile: Profile) -> list[Band]:
    results = (
        Placed(31, history.success_rate(), 4),
        Placed(32, migration.results(profile.migrations), 4),
        Placed(33, history.ended()),
        Placed(34, history.pairs(), 9),
    )
    spread = (
        Placed(35, history.durations()),
        Placed(36, history.downtimes()),
        Placed(37, history.transferred()),
    )
    return [Band(7, results), Band(8, spread)]
