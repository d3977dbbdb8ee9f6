"""What is used now: of one host, of the hosts, of their VMs, and by whom most."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana.links import VM_SERIES
from grafana.panels.bars import ROOM, bars
from grafana.panels.card import Card, Query
from grafana.panels.figures import figures
from grafana.panels.table import Column, Table, listing
from grafana.queries import forecasts
from grafana.queries.selectors import HOST, NARROWED, OF_HOSTS, OF_VMS
from grafana.queries.states import HOST_UP, KNOWN_HOSTS, RUNNING, running_elsewhere
from grafana.resources import absent, owned, series, steps, unit, whole
from grafana.style import fields
from grafana.style.mappings import UP_OR_DOWN
from grafana.style.thresholds import ANOMALY
from grafana.subjects import columns

if TYPE_CHECKING:
    from grafana_foundation_sdk.builders import bargauge, stat, table

    from forecaster.config.resource import Resource
    from grafana.profile import Profile

RISING, FALLING = ("highest", "sort_desc(topk"), ("lowest", "sort(bottomk")


def now(resource: Resource) -> stat.Panel:
    """One resource of one host."""
    card = Card(resource.title, unit(resource), f"Now. {resource.display.about}".strip(), "unknown")
    panel = figures(card, Query(f"max({series(resource, HOST)})"), steps=steps(resource))
    return panel.decimals(0) if resource.shares else panel


PRESENT = f"count(vm:cpu_utilization:ratio{{{HOST}}})"


def top(resource: Resource) -> bargauge.Panel:
    """The ten VMs nearest to the end of a resource; their names lead to the VM."""
    display = resource.display
    extreme, choose = FALLING if resource.falls else RISING
    nothing, why = absent(resource)
    card = Card(
        resource.title,
        unit(resource),
        " ".join((f"The ten VMs with the {extreme} values.", display.about, f"A VM that is not here: {why}")),
        nothing,
    )
    labels = [label for label in ("instance", "domain", display.part) if label]
    query = Query(f"{choose}(10, max by ({', '.join(labels)}) ({series(resource, NARROWED)})))")
    panel = bars(card, query, steps(resource)).data_links([VM_SERIES])
    if resource.shares:
        panel.max(1).decimals(0)
    names = " ".join(f"${{__field.labels.{label}}}" for label in labels[1:])
    return panel.display_name(f"{names}{ROOM}")  # a legend's name is not shown on a single bar


def hosts(profile: Profile) -> table.Panel:
    card = Card(
        "Hosts",
        "none",
        "Each host: its running VMs, how much of it is used, and the probability that one of its resources "
        "reaches its limit within the chosen horizon. CPU and memory come from node_exporter, where it runs "
        "under the same instance name. VMs of clouds have a row for each account and region.",
        "No host is watched",
    )
    resources = whole(owned(profile.resources, "host"))
    runs_out = forecasts.probability(f'{OF_HOSTS}, pool="", {HOST}')  # pools have a table of their own
    queries = {
        "up": HOST_UP,
        "running": f"sum by (instance) ({RUNNING} or {running_elsewhere(HOST)})",
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
    some = f"{KNOWN_HOSTS} or vm:cpu_utilization:ratio{{{HOST}}} or host:cpu_utilization:ratio{{{HOST}}}"
    return listing(card, columns.of_hosts(queries, shown, some))


def vms(profile: Profile) -> table.Panel:
    """The VMs of one host; resources in parts have no cell in the row of a VM."""
    card = Card(
        "VMs on this host",
        "none",
        "Each VM: what it uses, its CPU steal, the highest probability that one of its resources reaches its "
        "limit within the chosen horizon, and its highest anomaly score. Shows which VM takes what the "
        "others miss.",
        "No VM runs on this host",
    )
    resources = whole(owned(profile.resources, "vm"))
    asked = {
        **{columns.value_of(each): series(each, NARROWED) for each in resources},
        "steal": f"vm:cpu_steal:ratio{{{NARROWED}}}",
        "probability": forecasts.probability(f"{OF_VMS}, {NARROWED}"),
        "score": forecasts.score(f"{OF_VMS}, {NARROWED}"),
    }
    shown = (
        columns.VM,
        *map(columns.of, resources),
        Column("steal", "CPU steal", {**fields.unit("percentunit", 1), **fields.width(100)}),
        Column("probability", "Runs out in $horizon", fields.CHANCE),
        Column("score", "Anomaly score", {"decimals": 1, **fields.colored_cell(ANOMALY)}),
    )
    queries = {name: f"max by (instance, domain) ({expr})" for name, expr in asked.items()}
    first = next(iter(queries))
    return listing(card, Table(("instance", "domain"), queries, shown, sort=first, empty="domain"))
