"""The page of one VM: what it uses, what was normal, what comes, and what it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana_foundation_sdk.builders.common import GraphThresholdsStyleConfig
from grafana_foundation_sdk.builders.dashboard import AnnotationQuery
from grafana_foundation_sdk.models.common import GraphThresholdsStyleMode
from grafana_foundation_sdk.models.dashboard import VariableHide

from grafana import activity, deviation, migration, outlook, style
from grafana.forecast import forecast
from grafana.layout import Band, Section, page, place
from grafana.links import FLEET_UID, HOST_UID, VM_UID, to_page
from grafana.panels import Card, Query, figures, override, timeline
from grafana.resources import HOST, THIS_VM, VM_RESOURCES, state_numbers, titled
from grafana.variables import DATASOURCE, alert_marks, choice, datasource, everything, horizon

if TYPE_CHECKING:
    from grafana_foundation_sdk.builders import stat, timeseries
    from grafana_foundation_sdk.builders.dashboard import QueryVariable
    from grafana_foundation_sdk.models import dashboard as model

    from grafana.profile import Profile
    from grafana.resources import Resource

CHANCE = f"virtcast_exhaustion_probability_ratio{{{THIS_VM}}}"
SCORE = f"virtcast_anomaly_score{{{THIS_VM}}}"


def dashboard(profile: Profile) -> model.Dashboard:
    follow = f"/d/{VM_UID}?var-datasource=${{datasource}}&var-instance=$__all&var-domain=${{domain}}"
    host = f"/d/{HOST_UID}?var-datasource=${{datasource}}&var-horizon=${{horizon}}&var-instance=${{instance}}"
    made = (
        page(
            "VM",
            VM_UID,
            "One VM: what it uses, what is normal for it, what is forecast, and what it does.",
            profile,
            until=f"now+{profile.ahead}",
        )
        .variables([datasource(), *_variables(profile)])
        .annotations([*_marks(profile)])
        .link(to_page("Fleet", f"/d/{FLEET_UID}?var-datasource=${{datasource}}", "All VMs and hosts"))
        .link(to_page("Its host", host, "What deviates on the host, its storage pools and its other VMs"))
        .link(to_page("Follow across hosts", follow, "This VM on every host it was on"))
        .build()
    )
    made.panels = place(_sections())
    return made


def _variables(profile: Profile) -> list[QueryVariable]:
    host = choice(
        "instance", "Host", "label_values(libvirt_domain_state, instance)", '"All" follows a VM across hosts.'
    )
    vm = choice(
        "domain", "VM", f"label_values(libvirt_domain_state{{{HOST}}}, domain)", "The VM, by libvirt's name."
    )
    within = horizon("horizon", "Within", profile.horizon, "How far ahead running out counts.")
    ahead = horizon(
        "ahead",
        "Ahead",
        profile.drawn,
        "Which forecast is drawn, by how far ahead it was made. The page must reach as far past now to show "
        "all of it.",
    )
    parts = [_all_of(resource).hide(VariableHide.HIDE_VARIABLE) for resource in VM_RESOURCES if resource.part]
    return [everything(host), vm, within, ahead, *parts]


def _all_of(resource: Resource) -> QueryVariable:
    """What the panels of a resource are repeated over."""
    values = f"label_values({resource.metric}{{{THIS_VM}}}, {resource.part})"
    shown = choice(resource.part, resource.title, values, "One panel for each.")
    return everything(shown.multi(True), pattern="")


def _marks(profile: Profile) -> list[AnnotationQuery]:
    moves = (
        AnnotationQuery()
        .name("Migrations")
        .datasource(DATASOURCE)
        .enable(True)
        .hide(True)
        .icon_color(style.ACTUAL)
        .expr(
            f"max by (domain, result) (libvirt_domain_last_migration_timestamp_seconds{{{THIS_VM}}}) * 1000"
        )
        .use_value_for_time(True)
        .title_format("Live migration")
        .text_format("{{result}}")
        .step(profile.mark)
    )
    return [
        alert_marks("Actual alerts", style.BAD, f'kind="actual", {THIS_VM}', profile.mark, enabled=True),
        alert_marks(
            "Predicted alerts", style.PREDICTED, f'kind="predicted", {THIS_VM}', profile.mark, enabled=True
        ),
        moves,
    ]


def _sections() -> list[Section]:
    head = [(panel, 4) for panel in (_state(), _size(), _next(), _chance(), _score(), _alerts())]
    use = [(forecast(resource, number), 12) for number, resource in enumerate(VM_RESOURCES, 21)]
    return [
        Section(
            "",
            0,
            [
                Band(4, head),
                Band(8, [(outlook.of_one_vm(THIS_VM), 16), (_chances(), 8)]),
                Band(7, [(deviation.of_one_vm(14, THIS_VM), 16), (_scores(), 8)]),
            ],
        ),
        Section("Use, normal band and forecast", 20, [Band(9, use[:2]), Band(9, use[2:])]),
        Section(
            "Network, disks, CPU and memory in detail",
            30,
            [
                Band(8, [(activity.network(31), 8), (activity.disk_bytes(32), 8), (activity.starved(33), 8)]),
                Band(
                    8,
                    [
                        (activity.disk_requests(34), 8),
                        (activity.disk_latency(35), 8),
                        (activity.memory(36), 8),
                    ],
                ),
            ],
        ),
        Section(
            "Life and live migration",
            40,
            [
                Band(
                    7,
                    [
                        (activity.life(41), 8),
                        (migration.progress(42, THIS_VM), 8),
                        (migration.last(43, THIS_VM), 8),
                    ],
                )
            ],
        ),
    ]


def _state() -> stat.Panel:
    card = Card(
        1,
        "State",
        "none",
        "What libvirt says of the VM now, by host; two hosts while it moves, or where hosts have VMs of one "
        "name.",
        "unknown",
    )
    panel = figures(card, Query(state_numbers(THIS_VM), "{{instance}}"), many=True)
    return panel.mappings([style.states_by_number()])


def _size() -> stat.Panel:
    card = Card(2, "Size", "none", "The VM's virtual CPUs, and the most memory it can be given.", "unknown")
    cpus = Query(f"max(libvirt_domain_info_virtual_cpus{{{THIS_VM}}})", "vCPUs")
    most = Query(f"max(libvirt_domain_info_maximum_memory_bytes{{{THIS_VM}}})", "Memory")
    return override(figures(card, cpus, most), {"Memory": {"unit": "bytes"}})


def _next() -> stat.Panel:
    card = Card(
        4,
        "Runs out",
        "s",
        "The resource that reaches its limit first, by the median of the forecast.",
        "nothing in sight",
    )
    when = f'virtcast_exhaustion_timestamp_seconds{{quantile="0.5", {THIS_VM}}}'
    left = f"bottomk(1, clamp_min(min by (resource, mountpoint, target_device) ({when}) - time(), 0))"
    return figures(
        card,
        Query(titled(left), "{{resource}} {{mountpoint}}{{target_device}}"),
        steps=style.TIME_LEFT,
        many=True,
    ).decimals(1)


def _chance() -> stat.Panel:
    card = Card(
        5,
        "Within $horizon",
        "percentunit",
        "The highest probability that any resource of the VM reaches its limit within the chosen horizon.",
        "no forecast",
    )
    return figures(
        card, Query(f'max({CHANCE[:-1]}, horizon="$horizon"}})'), steps=style.PROBABILITY
    ).decimals(0)


def _score() -> stat.Panel:
    card = Card(
        6,
        "Anomaly",
        "none",
        "The highest score of the VM's resources; 1 and more is unlike its own past.",
        "no score",
    )
    return figures(card, Query(f"max({SCORE})"), steps=style.ANOMALY).decimals(1)


def _alerts() -> stat.Panel:
    card = Card(
        7,
        "Alerts",
        "none",
        "Alerts on this VM that fire now; the marks on the graphs show since when.",
    )
    return figures(
        card, Query(f'count(ALERTS{{alertstate="firing", {THIS_VM}}}) or vector(0)'), steps=style.ANY_IS_BAD
    )


def _chances() -> timeseries.Panel:
    card = Card(
        12,
        "Probability",
        "percentunit",
        "The probability that a resource of the VM reaches its limit, by how far ahead: the highest of all. "
        "A sudden rise tells that a trend has begun.",
        "No forecast yet: the forecaster learns a new VM first",
    )
    lines = Query(f"max by (horizon) (last_over_time({CHANCE}[$__rate_interval]))", "{{horizon}}")
    return timeline(card, lines).min(0).max(1)


def _scores() -> timeseries.Panel:
    card = Card(
        13,
        "Anomaly score",
        "none",
        "How unlike its own past each resource behaves: 0 is as expected; above the line, from 1 on, it is "
        "anomalous. Drawn up to 3.",
        "No score yet: the forecaster learns a new VM first",
    )
    lines = Query(
        f"clamp_max(max by (resource) (last_over_time({SCORE}[$__rate_interval])), 3)", "{{resource}}"
    )
    named = {
        resource.name: {"displayName": resource.title, **style.fixed(resource.color)}
        for resource in VM_RESOURCES
    }
    line = GraphThresholdsStyleConfig().mode(GraphThresholdsStyleMode.DASHED)
    panel = (
        timeline(card, lines)
        .axis_soft_max(1.5)
        .thresholds(style.thresholds(((None, "transparent"), (1, style.BAD))))
    )
    return override(panel.thresholds_style(line), named)
