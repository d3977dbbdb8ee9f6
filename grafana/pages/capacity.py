"""The page of capacity: what there is, what is promised, what is used over weeks, and what is wasted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana import variables
from grafana.page import Band, Entry, Page, Placed, Section
from grafana.subjects import capacity, runway, sizing, storage

if TYPE_CHECKING:
    from grafana.profile import Profile


def page(profile: Profile) -> Page:
    return Page(
        "capacity",
        "Capacity",
        "What hosts have, what is promised to VMs, what is used over weeks and months, and what is wasted.",
        Entry("Capacity", "Room on hosts, promises, use over 90 days, waste"),
        variables=(*variables.scope(), variables.resources(), variables.horizon(profile, hidden=True)),
        sections=(
            Section("", 0, _now()),
            Section("Over months", 20, _months(profile)),
            Section("Sizes of VMs", 40, _sizes(), needs=sizing.KNOWN),
            Section("What VMs have and do not use", 30, _vms()),
            Section("Cost", 50, [Band(8, [Placed(51, sizing.costs())])], needs=sizing.COST, rare=True),
        ),
    )


def _now() -> list[Band]:
    promises = (
        Placed(1, capacity.reserve()),
        Placed(2, capacity.promised_cpus()),
        Placed(3, capacity.promised_memory()),
    )
    return [Band(4, promises), Band(8, [Placed(4, capacity.hosts())])]


def _months(profile: Profile) -> list[Band]:
    use = (
        Placed(21, capacity.growth("CPU", "host:cpu_utilization:ratio")),
        Placed(22, capacity.growth("Memory", "host:memory_utilization:ratio")),
    )
    return [
        Band(8, use),
        Band(7, [Placed(24, runway.listed(profile))]),
        Band(7, [Placed(23, storage.pools(profile, of_all=True))]),
    ]


def _sizes() -> list[Band]:
    figures = (
        Placed(41, sizing.needed("cpu")),
        Placed(42, sizing.needed("memory")),
        Placed(43, sizing.unused(), 12),
    )
    tables = (
        Band(7, [Placed(44, sizing.recommended("cpu"))]),
        Band(7, [Placed(45, sizing.recommended("memory"))]),
        Band(7, [Placed(46, sizing.disks())]),
    )
    return [Band(4, figures), *tables]


def _vms() -> list[Band]:
    cpu = capacity.steady_use("CPU", "vm:cpu_utilization:ratio", "cpu", "none")
    memory = capacity.steady_use("Memory", "vm:memory_utilization:ratio", "memory", "bytes")
    return [Band(9, (Placed(31, cpu), Placed(32, memory))), Band(8, [Placed(33, capacity.waste_found())])]
