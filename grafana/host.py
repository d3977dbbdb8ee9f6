"""The page of one host: its CPU, memory and storage pools, what deviates on it, and its VMs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana_foundation_sdk.models.dashboard import VariableHide

from grafana import deviation, storage, style
from grafana.forecast import forecast
from grafana.layout import Band, Section, page, place
from grafana.links import FLEET_UID, HOST_UID, VM_CELL, to_page
from grafana.panels import Card, Column, Query, figures, listing
from grafana.resources import FIRING, HOST, HOST_RESOURCES, POOL
from grafana.variables import alert_marks, choice, datasource, everything, horizon

if TYPE_CHECKING:
    from grafana_foundation_sdk.builders import stat, table
    from grafana_foundation_sdk.builders.dashboard import QueryVariable
    from grafana_foundation_sdk.models import dashboard as model

    from grafana.profile import Profile

OWN = f'resource=~"host_.+|pool", {HOST}'


def dashboard(profile: Profile) -> model.Dashboard:
    made = (
        page(
            "Host",
            HOST_UID,
            "One host: its CPU, memory and storage pools, what deviates on it, and its VMs.",
            profile,
            until=f"now+{profile.ahead}",
        )
        .variables([datasource(), *_variables(profile)])
        .annotations(
            [
                alert_marks(
                    "Critical alerts", style.BAD, f'severity="critical", {HOST}', profile.mark, enabled=True
                )
            ]
        )
        .link(to_page("Fleet", f"/d/{FLEET_UID}?var-datasource=${{datasource}}", "All VMs and hosts"))
        .build()
    )
    made.panels = place(_sections(profile))
    return made


def _variables(profile: Profile) -> list[QueryVariable]:
    host = choice("instance", "Host", "label_values(libvirt_up, instance)", "The host.")
    within = horizon("horizon", "Within", profile.horizon, "How far ahead running out counts.")
    ahead = horizon("ahead", "Ahead", profile.drawn, "Which forecast is drawn, by how far ahead it was made.")
    pool = choice(
        "pool", "Storage pool", f"label_values({POOL.metric}{{{HOST}}}, pool)", "One panel for each."
    )
    return [
        host,
        within,
        ahead,
        everything(pool.multi(True), pattern="").hide(VariableHide.HIDE_VARIABLE),
    ]


def _sections(profile: Profile) -> list[Section]:
    head = [(panel, 4) for panel in (_libvirt(), _running(), _used(0, 3), _used(1, 4), _chance(), _alerts())]
    use = [(forecast(resource, number, HOST), 12) for number, resource in enumerate(HOST_RESOURCES, 21)]
    pools = forecast(POOL, 23, HOST).repeat_direction("h").max_per_row(2)
    return [
        Section(
            "",
            0,
            [
                Band(4, head),
                Band(9, [(deviation.of_one_host(11, HOST), 24)]),
                Band(
                    8, [(storage.pools(12, profile.pools), 14), (storage.history(13, profile.pools_past), 10)]
                ),
            ],
        ),
        Section("Use, normal band and forecast", 20, [Band(9, use), Band(8, [(pools, 24)])]),
        Section("VMs", 30, [Band(10, [(_vms(), 24)])]),
    ]


def _libvirt() -> stat.Panel:
    card = Card(1, "libvirt", "none", "Whether libvirt on the host answers the exporter.", "unknown")
    panel = figures(card, Query(f"min(libvirt_up{{{HOST}}})"), steps=((None, style.BAD), (1, style.GOOD)))
    return panel.mappings([style.up_or_down()])


def _running() -> stat.Panel:
    card = Card(2, "Running VMs", "none", "VMs that run on the host now.", "unknown")
    return figures(card, Query(f'sum(libvirt_domain_state{{state="running", {HOST}}})'))


def _used(which: int, number: int) -> stat.Panel:
    resource = HOST_RESOURCES[which]
    card = Card(number, resource.title, "percentunit", f"Now. {resource.about}", "unknown")
    return figures(card, Query(f"max({resource.metric}{{{HOST}}})"), steps=style.UTILIZATION).decimals(0)


def _chance() -> stat.Panel:
    card = Card(
        5,
        "Within $horizon",
        "percentunit",
        "The highest probability that CPU, memory or a storage pool of the host reaches its limit within the "
        "chosen horizon.",
        "no forecast",
    )
    chance = f'max(virtcast_exhaustion_probability_ratio{{horizon="$horizon", {OWN}}})'
    return figures(card, Query(chance), steps=style.PROBABILITY).decimals(0)


def _alerts() -> stat.Panel:
    card = Card(6, "Alerts", "none", "Alerts on the host and its VMs that fire now.")
    return figures(card, Query(f"count(ALERTS{{{FIRING}}}) or vector(0)"), steps=style.ANY_IS_BAD)


def _vms() -> table.Panel:
    card = Card(
        31,
        "VMs on this host",
        "none",
        "Each VM with what it uses, the most probable exhaustion within the chosen horizon, and its highest "
        "anomaly score: who takes what the others miss.",
        "No VM runs on this host",
    )
    by = "instance, domain"
    chance = f'virtcast_exhaustion_probability_ratio{{horizon="$horizon", resource=~"vm_.+", {HOST}}}'
    queries = [
        Query(f"max by ({by}) ({expr})")
        for expr in (
            f"vm:cpu_utilization:ratio{{{HOST}}}",
            f"vm:memory_utilization:ratio{{{HOST}}}",
            f"vm:cpu_steal:ratio{{{HOST}}}",
            chance,
            f'virtcast_anomaly_score{{resource=~"vm_.+", {HOST}}}',
        )
    ]
    columns = (
        Column("domain", "VM", VM_CELL),
        Column("Value #A", "CPU", {**style.PERCENT, **style.gauge_cell(style.UTILIZATION)}),
        Column("Value #B", "Memory", {**style.PERCENT, **style.gauge_cell(style.UTILIZATION)}),
        Column("Value #C", "CPU steal", {"unit": "percentunit", "decimals": 1, "custom.width": 100}),
        Column(
            "Value #D", "Runs out in $horizon", {**style.PERCENT, **style.colored_cell(style.PROBABILITY)}
        ),
        Column("Value #E", "Anomaly score", {"decimals": 1, **style.colored_cell(style.ANOMALY)}),
    )
    return listing(card, queries, columns, "Value #A", empty="domain")
