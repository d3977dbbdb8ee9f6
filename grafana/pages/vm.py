"""The page of one VM: what it uses, what was normal, what comes, and what it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alert_rules import own_resources
from grafana import marks, variables
from grafana.links import Link, encoded
from grafana.page import Band, Entry, Page, Placed, RowIds, Section
from grafana.queries.selectors import HOST, THIS_VM
from grafana.resources import owned, parts
from grafana.style import colors
from grafana.subjects import (
    accuracy,
    activity,
    alerts,
    contention,
    deviation,
    forecast,
    migration,
    network,
    outlook,
    scores,
    states,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forecaster.config.resource import Resource
    from grafana.profile import Profile

PARTS = RowIds("part", {"vm_filesystem": 25, "vm_disk_allocation": 26})
FORECAST = RowIds("forecast", {"vm_cpu": 21, "vm_memory": 22, "vm_filesystem": 23, "vm_disk_allocation": 24})
HOSTS = variables.Variable(
    "instance",
    "Host",
    f"label_values({variables.narrowed()}, instance)",
    '"All" follows a VM across hosts.',
    every=".*",
)
VMS = variables.Variable(
    "domain", "VM", f"label_values({variables.narrowed(HOST)}, domain)", "The VM, by libvirt's name."
)
# When the VM was last seen to run on each host, whatever is chosen; where it does not run, to be at all. The
# page ends ahead of now. Not by timestamp(): Prometheus takes its square of time in subqueries.
SEEN = (
    f'time() * (libvirt_domain_state{{state="running", {THIS_VM}}} == 1)',
    f'time() + 0 * vm:cpu_utilization:ratio{{provider!="libvirt", {THIS_VM}}}',
    f"time() - 1e9 + 0 * libvirt_domain_state{{{THIS_VM}}}",
)
HOST_NOW = variables.Variable(
    "host",
    "Host now",
    f"query_result(topk(1, max by (instance) (max_over_time(({' or '.join(SEEN)})[$__range:5m]))))",
    'The host that the VM is on, where "All" is chosen, too.',
    pattern=r'^\{instance="(.+)"\} \S+ \S+$',
    hidden=True,
)
LINKS = (
    Link(
        "Its host",
        "What deviates on the host, its storage pools and its other VMs",
        "host",
        {"horizon": "${horizon}", "instance": encoded(HOST_NOW.name)},
        ends_alike=True,
    ),
    Link(
        "Follow across hosts",
        "This VM on every host it was on",
        "vm",
        {"instance": "$__all", "domain": encoded("domain")},
        ends_alike=True,
    ),
)


def page(profile: Profile) -> Page:
    own = owned(profile.resources, "vm")
    each = own_resources.parts(own)
    return Page(
        "vm",
        "VM",
        "One VM: what it uses, what is normal for it, what is forecast, and what it does.",
        Entry("One VM", "Use, normal range and forecast of one VM"),
        variables=(
            variables.providers(),
            variables.owners(),
            HOSTS,
            VMS,
            HOST_NOW,
            variables.horizon(profile),
            variables.ahead(profile),
            *variables.parts(own, THIS_VM),
        ),
        links=LINKS,
        marks=(
            marks.alerts("Actual alerts", colors.BAD, f'kind="actual", {THIS_VM}', profile.mark, each=each),
            marks.predicted(THIS_VM, profile.mark, enabled=False, each=each),
            marks.migrations(profile.mark),
            marks.anomalies(THIS_VM, profile.mark, parts(own)),
        ),
        sections=(
            Section("", 0, _overview(profile, own)),
            Section("Use, normal range and forecast", 20, forecast.bands(own, FORECAST, THIS_VM)),
            *forecast.parts(own, PARTS, FORECAST, THIS_VM),
            Section("Network, disks, CPU and memory in detail", 30, _detail()),
            Section("Neighbours, and how right the forecasts were", 50, [_doubt(own)]),
            Section("Life and live migration", 40, [_life()]),
        ),
        forecasts=True,
    )


def _overview(profile: Profile, own: Sequence[Resource]) -> list[Band]:
    firing = f'alertstate="firing", {THIS_VM}'
    about_alerts = "The number of alerts on this VM that fire now. The marks on the graphs show since when."
    head = (
        Placed(1, states.of_one_vm()),
        Placed(2, states.size()),
        Placed(4, outlook.first(own)),
        Placed(5, outlook.highest(THIS_VM, "VM")),
        Placed(6, scores.highest()),
        Placed(7, alerts.count(firing, about_alerts)),
    )
    to_come = (Placed(11, outlook.of_one_vm(profile), 16), Placed(12, outlook.by_horizon()))
    unusual = (Placed(14, deviation.of_one_vm(profile), 16), Placed(13, scores.by_resource(own)))
    return [Band(4, head), Band(8, to_come), Band(7, unusual)]


def _detail() -> list[Band]:
    traffic = (
        Placed(31, activity.network()),
        Placed(32, activity.disk_bytes()),
        Placed(37, network.of_one_vm()),
    )
    disks_and_memory = (
        Placed(34, activity.disk_requests()),
        Placed(35, activity.disk_latency()),
        Placed(36, activity.memory()),
    )
    waits = (
        Placed(33, contention.cpu_waits()),
        Placed(38, contention.of_vm()),
        Placed(39, activity.swap()),
    )
    return [Band(8, traffic), Band(8, disks_and_memory), Band(8, waits)]


def _doubt(own: Sequence[Resource]) -> Band:
    panels = (Placed(51, contention.neighbours(), 14), Placed(52, accuracy.own_past(own, THIS_VM)))
    return Band(8, panels)


def _life() -> Band:
    panels = (Placed(41, states.life()), Placed(42, migration.progress()), Placed(43, migration.last(), 9))
    return Band(7, panels)
