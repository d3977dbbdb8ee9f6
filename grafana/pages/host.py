"""The page of one host: its CPU, memory and storage pools, what deviates on it, and its VMs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana import marks, variables
from grafana.page import Band, Entry, Page, Placed, RowIds, Section, flow
from grafana.queries.selectors import FIRING, HOST, OF_HOSTS
from grafana.resources import owned, parts, whole
from grafana.subjects import (
    accuracy,
    alerts,
    contention,
    deviation,
    forecast,
    machine,
    network,
    outlook,
    states,
    storage,
    use,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forecaster.config.resource import Resource
    from grafana.profile import Profile

NOW = RowIds("now", {"host_cpu": 3, "host_memory": 4})
PARTS = RowIds("part", {"pool": 16})
FORECAST = RowIds("forecast", {"host_cpu": 21, "host_memory": 22, "pool": 23})
HOSTS = variables.Variable(
    "instance",
    "Host",
    f"""label_values({{__name__=~"{"|".join(("libvirt_up", *variables.NAMED))}"}}, instance)""",
    "The host, whosever VMs are on it: a link leads to it with an owner that may have none there.",
)


def page(profile: Profile) -> Page:
    own = owned(profile.resources, "host")
    return Page(
        "host",
        "Host",
        "One host: its CPU, memory and storage pools, what deviates on it, and its VMs.",
        Entry("One host", "Use, storage pools and VMs of one host, and what deviates on it"),
        variables=(
            variables.providers(),
            variables.owners(),
            HOSTS,
            *variables.left(ahead=True),
            variables.horizon(profile),
            variables.ahead(profile),
            *variables.parts(own, HOST),
        ),
        marks=(
            marks.critical(profile.mark),
            marks.anomalies(f"{OF_HOSTS}, {HOST}", profile.mark, parts(own)),
        ),
        sections=(
            Section("", 0, _overview(profile, own)),
            Section("Use, normal range and forecast", 20, forecast.bands(own, FORECAST, HOST)),
            *_pools(profile, own),
            Section("VMs", 30, [Band(10, [Placed(31, use.vms(profile))])]),
            Section("The host in detail", 40, _detail(own), needs=machine.PRESENT),
        ),
        forecasts=True,
    )


def _overview(profile: Profile, own: Sequence[Resource]) -> list[Band]:
    head = (
        Placed(1, states.libvirt()),
        Placed(2, states.running()),
        *(Placed(NOW.of(each.name), use.now(each)) for each in whole(own)),
        Placed(5, outlook.highest(f"{OF_HOSTS}, {HOST}", "host")),
        Placed(6, alerts.count(FIRING, "The number of alerts on the host and its VMs that fire now.")),
    )
    return [*flow(4, head, most=6), Band(9, [Placed(11, deviation.of_one_host(profile))])]


def _pools(profile: Profile, own: Sequence[Resource]) -> list[Section]:
    """The pools as a table, and each part of the host that is forecast."""
    tables = (Placed(12, storage.pools(profile), 14), Placed(13, storage.history(profile)))
    pools = Section("Storage pools", 15, [Band(8, tables)], needs=storage.PRESENT)
    return [pools, *forecast.parts(own, PARTS, FORECAST, HOST)]


def _detail(own: Sequence[Resource]) -> list[Band]:
    waits = (Placed(41, machine.load()), Placed(42, contention.of_host()), Placed(43, machine.memory()))
    devices = (Placed(44, machine.disks()), Placed(45, machine.disk_latency()), Placed(46, network.of_host()))
    rest = (
        Placed(47, machine.filesystems()),
        Placed(48, network.host_losses()),
        Placed(49, accuracy.own_past(own, f"{OF_HOSTS}, {HOST}")),
    )
    return [Band(8, waits), Band(8, devices), Band(8, rest)]
