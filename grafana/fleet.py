"""The fleet page: what an operator of one to thousands of VMs opens in the morning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana import deviation, health, migration, outlook, storage, style
from grafana.layout import Band, Section, page, place
from grafana.links import FLEET_UID, HOST_CELL, HOST_UID, VM_SERIES, VM_UID, to_page
from grafana.panels import Card, Column, Query, figures, listing, override, top
from grafana.resources import FIRING, HOST, VM_RESOURCES
from grafana.variables import alert_marks, choice, datasource, everything, horizon

if TYPE_CHECKING:
    from grafana_foundation_sdk.builders import bargauge, stat, table
    from grafana_foundation_sdk.builders.dashboard import QueryVariable
    from grafana_foundation_sdk.models import dashboard as model

    from grafana.profile import Profile

UP = f'min by (instance) (libvirt_up{{{HOST}}} or up{{job="libvirt", {HOST}}})'


def dashboard(profile: Profile) -> model.Dashboard:
    marks = (
        alert_marks("Critical alerts", style.BAD, f'severity="critical", {HOST}', profile.mark, enabled=True),
        alert_marks(
            "Predicted alerts", style.PREDICTED, f'kind="predicted", {HOST}', profile.mark, enabled=False
        ),
    )
    made = (
        page(
            "Fleet",
            FLEET_UID,
            "All VMs and hosts: what runs out next, what is abnormal now, what fires, what moves.",
            profile,
            until="now",
        )
        .variables(
            [
                datasource(),
                _hosts(),
                horizon("horizon", "Within", profile.horizon, "How far ahead running out counts."),
            ]
        )
        .annotations(list(marks))
        .link(
            to_page(
                "One host",
                f"/d/{HOST_UID}?var-datasource=${{datasource}}",
                "Use, storage pools and VMs of one host, and what deviates on it",
            )
        )
        .link(
            to_page(
                "One VM",
                f"/d/{VM_UID}?var-datasource=${{datasource}}",
                "Use, normal band and forecast of one VM",
            )
        )
        .build()
    )
    made.panels = place(_sections(profile))
    return made


def _hosts() -> QueryVariable:
    hosts = choice(
        "instance", "Host", "label_values(libvirt_up, instance)", "Only these hosts and their VMs."
    )
    return everything(hosts.multi(True))


def _sections(profile: Profile) -> list[Section]:
    head = (_hosts_up(), _vm_states(), _running_out(), _abnormal(), _alerts(), _forecast_age())
    return [
        Section(
            "",
            0,
            [
                Band(4, list(zip(head, (3, 5, 4, 4, 4, 4), strict=True))),
                Band(
                    9,
                    [
                        (outlook.running_out(), 11),
                        (deviation.of_the_fleet(12, HOST, outlook.VM_RESOURCE), 13),
                    ],
                ),
                Band(8, [(outlook.firing(), 14), (deviation.first_by_host(15, HOST), 10)]),
                Band(8, [(storage.pools(16, profile.pools, of_all=True), 14), (_host_list(), 10)]),
            ],
        ),
        Section("Highest use now", 20, [Band(9, _tops())]),
        Section(
            "Live migration",
            30,
            [
                Band(
                    7,
                    [
                        (migration.moving(31), 10),
                        (migration.moved(32), 10),
                        (migration.results(33, profile.migrations), 4),
                    ],
                )
            ],
        ),
        Section(
            "Health of the monitoring",
            40,
            [
                Band(
                    7,
                    [
                        (health.series_states(41), 6),
                        (health.cycle(42), 6),
                        (health.scrapes(43), 6),
                        (health.collectors(44), 6),
                    ],
                )
            ],
        ),
    ]


def _hosts_up() -> stat.Panel:
    card = Card(
        1,
        "Hosts",
        "none",
        "Hosts whose libvirt is watched, and hosts where it, or the exporter, does not answer. Nothing is "
        "known of the VMs of a host that is down.",
    )
    up = Query(f"count({UP} == 1) or vector(0)", "up")
    down = Query(f"count({UP} == 0) or vector(0)", "down")
    panel = figures(card, up, down)
    return override(panel, {"up": style.fixed(style.GOOD), "down": style.counted(style.BAD)})


def _vm_states() -> stat.Panel:
    card = Card(
        2,
        "VMs",
        "none",
        "All defined VMs by what libvirt says of them, and how many are being migrated live.",
    )
    by_state = Query(f"sum by (state) (libvirt_domain_state{{{HOST}}}) > 0", "{{state}}")
    moving = Query(f"{migration.moving_count(HOST)} or vector(0)", "moving")
    shown = {state: {"displayName": text, **style.fixed(color)} for state, text, color in style.STATES}
    return override(figures(card, by_state, moving), {**shown, "moving": style.counted(style.ACTUAL)})


def _running_out() -> stat.Panel:
    card = Card(
        3,
        "Run out",
        "none",
        "Resources that are more likely than not to reach their limit within the chosen horizon; the table "
        "below names them.",
    )
    return figures(card, Query(f"count({outlook.CHANCE} >= 0.5) or vector(0)"), steps=style.ANY_IS_WARNING)


def _abnormal() -> stat.Panel:
    card = Card(
        4, "Abnormal", "none", "Resources with an anomaly score of 1 or more now; the table below names them."
    )
    return figures(card, Query(f"count({outlook.SCORE} >= 1) or vector(0)"), steps=style.ANY_IS_WARNING)


def _alerts() -> stat.Panel:
    card = Card(5, "Alerts", "none", "Alerts that fire: on what is the case, and on what is predicted.")
    queries = [Query(f'count(ALERTS{{{FIRING}, kind="{kind}"}}) or vector(0)', kind) for kind in style.KINDS]
    shown = {kind: style.counted(color, style.GOOD) for kind, color in style.KINDS.items()}
    return override(figures(card, *queries), shown)


def _forecast_age() -> stat.Panel:
    card = Card(
        7,
        "Forecasts",
        "s",
        "How long ago the forecaster's last successful cycle was. It makes one every 5 minutes by default; "
        "when much older, predictions and scores on these pages are out of date: see its log.",
        "none",
    )
    age = "time() - min(virtcast_last_success_timestamp_seconds)"
    return figures(card, Query(age), steps=style.AGE).decimals(0)


def _host_list() -> table.Panel:
    card = Card(
        14,
        "Hosts",
        "none",
        "Each host with its running VMs and how much of it is used. CPU and memory come from node_exporter, "
        "where it runs under the same instance name.",
        "No host is watched",
    )
    running = f'sum by (instance) (libvirt_domain_state{{state="running", {HOST}}})'
    chance = f'virtcast_exhaustion_probability_ratio{{horizon="$horizon", resource=~"host_.+", {HOST}}}'
    queries = (
        Query(UP),
        Query(running),
        Query(f"max by (instance) (host:cpu_utilization:ratio{{{HOST}}})"),
        Query(f"max by (instance) (host:memory_utilization:ratio{{{HOST}}})"),
        Query(f"max by (instance) ({chance})"),
    )
    columns = (
        Column("instance", "Host", HOST_CELL),
        Column(
            "Value #A",
            "libvirt",
            {**style.colored_words({"1": ("up", style.GOOD), "0": ("down", style.BAD)}), "custom.width": 70},
        ),
        Column("Value #B", "VMs", {"custom.width": 60}),
        Column("Value #C", "CPU", {**style.PERCENT, **style.gauge_cell(style.UTILIZATION)}),
        Column("Value #D", "Memory", {**style.PERCENT, **style.gauge_cell(style.UTILIZATION)}),
        Column(
            "Value #E",
            "Runs out",
            {**style.PERCENT, "custom.width": 80, **style.colored_cell(style.PROBABILITY)},
        ),
    )
    return listing(card, queries, columns, "instance", descending=False, empty="instance")


def _tops() -> list[tuple[bargauge.Panel, int]]:
    """The ten highest of each resource; their names lead to the VM."""
    placed = []
    for number, resource in enumerate(VM_RESOURCES, 21):
        card = Card(
            number,
            resource.title,
            "percentunit",
            f"The ten VMs with the highest use. {resource.about}",
            resource.absent,
        )
        key = f"instance, domain, {resource.part}" if resource.part else "instance, domain"
        query = Query(f"sort_desc(topk(10, max by ({key}) ({resource.metric}{{{HOST}}})))")
        names = " ".join(f"${{__field.labels.{label}}}" for label in ("domain", resource.part) if label)
        panel = top(card, query, style.UTILIZATION).data_links([VM_SERIES]).decimals(0)
        placed.append((panel.display_name(names), 6))  # a legend's name is not shown on a single bar
    return placed
