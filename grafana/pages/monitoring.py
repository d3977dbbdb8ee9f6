"""The page of virtcast itself: whether exporters, forecaster, rules and notifications work, and how well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana import variables
from grafana.page import Band, Entry, Page, Placed, Section
from grafana.subjects import accuracy, health, watchers

if TYPE_CHECKING:
    from grafana.profile import Profile


def page(profile: Profile) -> Page:
    return Page(
        "monitoring",
        "virtcast itself",
        "Whether exporters, forecaster, rules and notifications work, and how right the forecasts have been.",
        Entry("virtcast itself", "Scrapes, cycles, rules, notifications, and the accuracy of forecasts"),
        variables=(variables.hosts(), variables.horizon(profile, hidden=True), variables.peak(least=0)),
        sections=(
            Section("", 0, [_now()]),
            Section("Forecaster", 20, _forecaster()),
            Section("How right the forecasts have been", 30, _accuracy(profile)),
            Section("Exporters", 40, _exporters()),
            Section("Rules and notifications", 50, _alerting()),
        ),
    )


def _now() -> Band:
    panels = (
        Placed(1, watchers.without_exporter()),
        Placed(2, watchers.backend()),
        Placed(3, health.forecast_age()),
        Placed(4, watchers.overruns()),
        Placed(5, watchers.stuck(), 6),
    )
    return Band(4, panels)


def _forecaster() -> list[Band]:
    work = (Placed(21, health.cycle()), Placed(22, watchers.cycles()), Placed(23, health.series_states()))
    requests = (Placed(24, watchers.requests()), Placed(25, watchers.request_time()))
    return [Band(7, work), Band(7, requests)]


def _accuracy(profile: Profile) -> list[Band]:
    in_time = (
        Placed(32, accuracy.coverage()),
        Placed(33, accuracy.error()),
        Placed(34, accuracy.exhaustions()),
    )
    return [Band(9, [Placed(31, accuracy.by_resource(profile))]), Band(7, in_time)]


def _exporters() -> list[Band]:
    times = (Placed(41, watchers.scrape_times()), Placed(42, health.scrapes()))
    tables = (Placed(43, health.collectors()), Placed(44, watchers.readings()))
    return [Band(7, times), Band(9, tables)]


def _alerting() -> list[Band]:
    in_time = (Placed(51, watchers.alerts_in_time()), Placed(52, watchers.notifications()))
    return [Band(7, in_time), Band(9, [Placed(53, watchers.rule_groups())])]
