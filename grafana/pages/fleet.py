"""The fleet page: what an operator of one to thousands of VMs opens in the morning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.publish.metrics import LAST_SUCCESS
from grafana import marks
from grafana.links import VM_SERIES
from grafana.page import Band, Entry, Page, Placed, RowIds, Section, flow
from grafana.panels.bars import bars
from grafana.panels.card import Card, Query
from grafana.panels.figures import figures
from grafana.panels.table import Column, Table, listing
from grafana.queries import forecasts, states
from grafana.queries.selectors import FIRING, HOST, OF_HOSTS
from grafana.resources import owned, series, steps, unit, whole
from grafana.style import colors, fields
from grafana.style.mappings import UP_OR_DOWN
from grafana.style.thresholds import AGE, ANY_IS_WARNING
from grafana.subjects import columns, deviation, health, migration, outlook, storage
from grafana.variables import Variable, horizon

if TYPE_CHECKING:
    from grafana_foundation_sdk.builders import bargauge, stat, table

    from forecaster.config.resource import Resource
    from grafana.profile import Profile

TOP = RowIds("top", {"vm_cpu": 21, "vm_memory": 22, "vm_filesystem": 23, "vm_disk_allocation": 24})
RISING, FALLING = ("highest", "sort_desc(topk"), ("lowest", "sort(bottomk")


def page(profile: Profile) -> Page:
    return Page(
        "fleet",
        "Fleet",
        "All VMs and hosts: what runs out next, what is abnormal now, what fires, what moves.",
        Entry("Fleet", "All VMs and hosts"),
        variables=(
            Variable(
                "instance",
                "Host",
                "label_values(libvirt_up, instance)",
                "Only these hosts and their VMs.",
                every=".*",
                multi=True,
            ),
            horizon(profile),
        ),
        marks=(marks.critical(profile.mark), marks.predicted(HOST, profile.mark, enabled=False)),
        sections=_sections(profile),
    )


def _sections(profile: Profile) -> list[Section]:
    tops = [Placed(TOP.of(each.name), _top(each)) for each in owned(profile.resources, "vm")]
    head = (
        Placed(1, _hosts_up(), 3),
        Placed(2, _vm_states(), 5),
        Placed(3, _running_out(profile)),
        Placed(4, _abnormal(profile)),
        Placed(5, _alerts()),
        Placed(7, _forecast_age()),
    )
    next_and_now = (
        Placed(11, outlook.running_out(profile), 11),
        Placed(12, deviation.of_the_fleet(profile, HOST)),
    )
    alerts_and_origins = (
        Placed(13, outlook.firing(), 14),
        Placed(15, deviation.first_by_host(profile, HOST)),
    )
    pools_and_hosts = (Placed(16, storage.pools(profile, of_all=True), 14), Placed(14, _hosts(profile)))
    moves = (
        Placed(31, migration.moving(), 10),
        Placed(32, migration.moved(), 10),
        Placed(33, migration.results(profile.migrations)),
    )
    monitoring = (
        Placed(41, health.series_states()),
        Placed(42, health.cycle()),
        Placed(43, health.scrapes()),
        Placed(44, health.collectors()),
    )
    overview = [Band(4, head), Band(9, next_and_now), Band(8, alerts_and_origins), Band(8, pools_and_hosts)]
    return [
        Section("", 0, overview),
        Section("Highest use now", 20, flow(9, tops, most=4)),
        Section("Live migration", 30, [Band(7, moves)]),
        Section("Health of the monitoring", 40, [Band(7, monitoring)]),
    ]


def _hosts_up() -> stat.Panel:
    card = Card(
        "Hosts",
        "none",
        "Hosts whose libvirt answers, and hosts where libvirt or the exporter does not answer. Nothing is "
        "known of the VMs of a host that is down.",
    )
    up = Query(f"count({states.HOST_UP} == 1) or vector(0)", "up")
    down = Query(f"count({states.HOST_UP} == 0) or vector(0)", "down")
    styles = {"up": fields.fixed(colors.GOOD), "down": fields.counted(colors.BAD)}
    return figures(card, up, down, styles=styles)


def _vm_states() -> stat.Panel:
    card = Card(
        "VMs", "none", "All defined VMs by their state in libvirt, and how many are in a live migration."
    )
    by_state = Query(f"sum by (state) (libvirt_domain_state{{{HOST}}}) > 0", "{{state}}")
    moving = Query(f"{migration.moving_count(HOST)} or vector(0)", "moving")
    shown = {state: {"displayName": text, **fields.fixed(color)} for state, text, color in colors.STATES}
    return figures(card, by_state, moving, styles={**shown, "moving": fields.counted(colors.ACTUAL)})


def _running_out(profile: Profile) -> stat.Panel:
    card = Card(
        "Run out",
        "none",
        "How many resources of VMs reach their limit within the chosen horizon with a probability of 50% or "
        "more. The table below names them.",
    )
    likely = f"count({outlook.chances(profile)} >= 0.5) or vector(0)"
    return figures(card, Query(likely), steps=ANY_IS_WARNING)


def _abnormal(profile: Profile) -> stat.Panel:
    card = Card(
        "Abnormal",
        "none",
        "How many resources of VMs have an anomaly score of 1 or more now. The table below names them.",
    )
    abnormal = f"count({outlook.scores(profile)} >= 1) or vector(0)"
    return figures(card, Query(abnormal), steps=ANY_IS_WARNING)


def _alerts() -> stat.Panel:
    card = Card("Alerts", "none", "Alerts that fire: on what is the case (actual), and on what is predicted.")
    queries = [Query(f'count(ALERTS{{{FIRING}, kind="{kind}"}}) or vector(0)', kind) for kind in colors.KINDS]
    styles = {kind: fields.counted(color, colors.GOOD) for kind, color in colors.KINDS.items()}
    return figures(card, *queries, styles=styles)


def _forecast_age() -> stat.Panel:
    card = Card(
        "Forecasts",
        "s",
        "The time since the last successful cycle of the forecaster, which has one every 5 minutes by "
        "default. When it is much longer, predictions and scores on these pages are out of date: see the "
        "forecaster's log.",
        "none",
    )
    return figures(card, Query(f"time() - min({LAST_SUCCESS.name})"), steps=AGE).decimals(0)


def _hosts(profile: Profile) -> table.Panel:
    card = Card(
        "Hosts",
        "none",
        "Each host: its running VMs, how much of it is used, and the probability that one of its resources "
        "reaches its limit within the chosen horizon. CPU and memory come from node_exporter, where it runs "
        "under the same instance name.",
        "No host is watched",
    )
    resources = whole(owned(profile.resources, "host"))
    runs_out = forecasts.probability(f'{OF_HOSTS}, pool="", {HOST}')  # pools have a table of their own
    queries = {
        "up": states.HOST_UP,
        "running": f"sum by (instance) ({states.RUNNING})",
        **{columns.value_of(each): f"max by (instance) ({series(each, HOST)})" for each in resources},
        "probability": f"max by (instance) ({runs_out})",
    }
    shown = (
        columns.HOST,
        Column("up", "libvirt", {**fields.colored_words(UP_OR_DOWN), **fields.width(70)}),
        Column("running", "VMs", fields.width(60)),
        *map(columns.of, resources),
        Column("probability", "Runs out", {**fields.CHANCE, **fields.width(80)}),
    )
    content = Table(("instance",), queries, shown, sort="instance", descending=False, empty="instance")
    return listing(card, content)


def _top(resource: Resource) -> bargauge.Panel:
    """The ten VMs nearest to the end of a resource; their names lead to the VM."""
    display = resource.display
    extreme, choose = FALLING if resource.falls else RISING
    card = Card(
        resource.title,
        unit(resource),
        f"The ten VMs with the {extreme} values. {display.about}".strip(),
        display.absent,
    )
    labels = [label for label in ("instance", "domain", display.part) if label]
    query = Query(f"{choose}(10, max by ({', '.join(labels)}) ({series(resource, HOST)})))")
    panel = bars(card, query, steps(resource)).data_links([VM_SERIES])
    if resource.shares:
        panel.max(1).decimals(0)
    names = " ".join(f"${{__field.labels.{label}}}" for label in labels[1:])
    return panel.display_name(names)  # a legend's name is not shown on a single bar
