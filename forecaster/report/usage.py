"""What each VM used in the period of a report, what it should have, and what it costs: a row of the table."""

from __future__ import annotations

from collections.abc import Callable  # noqa: TC003 (a NamedTuple's types are read at run time)
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from forecaster.advice.cost import of_vms
from forecaster.advice.sizes import sizes_of
from forecaster.advice.sizing import BALANCED, GIB
from forecaster.view.inventory import each_once
from forecaster.view.owned import owner_of
from forecaster.view.rollups import SIZE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from forecaster.advice.sizes import Size
    from forecaster.view.inventory import Vm
    from forecaster.view.view import View

    Hours = NDArray[np.float32]

MIB = 1 << 20


@dataclass(frozen=True)
class Usage:
    """A VM in the period: shares of its CPUs and of its memory, bytes a second; None = not known.

    `hours` is for how many hours of the period anything is known; `sizes` and `verdicts` are by part; `cost`
    and `wasted` are a month's, in the currency of the prices.
    """

    vm: Vm
    hours: int
    means: Mapping[str, float | None]
    peaks: Mapping[str, float | None]
    sizes: Mapping[str, Size]
    cost: float | None
    wasted: float | None

    def size(self, part: str) -> float | None:
        """The recommended size of a part, at balanced risk."""
        known = self.sizes.get(part)
        return None if known is None else known.sizes.get(BALANCED)


class UsageColumn(NamedTuple):
    """A column: its title, with the unit, and its value; a text, a number or None."""

    title: str
    read: Callable[[Usage], str | float | None]


def _scaled(value: float | None, by: float) -> float | None:
    return None if value is None else value / by


def _mean(name: str, by: float) -> Callable[[Usage], float | None]:
    return lambda of: _scaled(of.means[name], by)


def _peak(name: str, by: float) -> Callable[[Usage], float | None]:
    return lambda of: _scaled(of.peaks[name], by)


def _disks(of: Usage) -> float | None:
    known = [disk.capacity_bytes for disk in of.vm.own_disks if disk.capacity_bytes is not None]
    return sum(known) / GIB if known else None


def _verdict(part: str) -> Callable[[Usage], str | None]:
    return lambda of: of.sizes[part].verdict if part in of.sizes else None


PERCENT = 0.01
COLUMNS: tuple[UsageColumn, ...] = (
    UsageColumn("VM", lambda of: of.vm.domain),
    UsageColumn("Host", lambda of: of.vm.instance),
    UsageColumn("Owner", lambda of: owner_of(of.vm)),
    UsageColumn("Known (hours)", lambda of: float(of.hours)),
    UsageColumn("vCPUs", lambda of: of.vm.virtual_cpus),
    UsageColumn("CPU mean (%)", _mean("vm_cpu", PERCENT)),
    UsageColumn("CPU peak (%)", _peak("vm_cpu", PERCENT)),
    UsageColumn("Steal mean (%)", _mean("vm_steal", PERCENT)),
    UsageColumn("Recommended vCPUs", lambda of: of.size("cpu")),
    UsageColumn("CPU verdict", _verdict("cpu")),
    UsageColumn("Memory (GiB)", lambda of: _scaled(of.vm.maximum_memory_bytes, GIB)),
    UsageColumn("Memory mean (%)", _mean("vm_memory", PERCENT)),
    UsageColumn("Memory peak (%)", _peak("vm_memory", PERCENT)),
    UsageColumn("Recommended memory (GiB)", lambda of: _scaled(of.size("memory"), GIB)),
    UsageColumn("Memory verdict", _verdict("memory")),
    UsageColumn("Disks (GiB)", _disks),
    UsageColumn("Disk mean (MiB/s)", _mean("vm_disk", MIB)),
    UsageColumn("Network mean (MiB/s)", _mean("vm_network", MIB)),
)
"""The table of VMs; a file for spreadsheets has all of it."""
READ = ("vm_cpu", "vm_steal", "vm_memory", "vm_disk", "vm_network")  # rows of the rollups


def columns(currency: str) -> tuple[UsageColumn, ...]:
    """The columns, with the costs where there are prices."""
    if not currency:
        return COLUMNS
    return (
        *COLUMNS,
        UsageColumn(f"Cost ({currency} a month)", lambda of: of.cost),
        UsageColumn(f"Wasted ({currency} a month)", lambda of: of.wasted),
    )


def usages(view: View, hours: int) -> tuple[Usage, ...]:
    """All VMs over the last `hours` hours of the past, those that use most CPU time first."""
    vms, rollups = each_once(view.inventory.vms), view.rollups
    keys = [(vm.instance, vm.domain) for vm in vms]
    past = {name: rollups[name].of_vms(keys, None, rollups[SIZE]) for name in READ}
    means = {name: _of(each.mean[-hours:], np.nanmean) for name, each in past.items()}
    peaks = {name: _of(each.peak[-hours:], np.nanmax) for name, each in past.items()}
    known = np.isfinite(past["vm_cpu"].mean[-hours:]).sum(axis=0)
    sizes: dict[tuple[str, str], dict[str, Size]] = {}
    advised = rollups.four_weeks
    for size in sizes_of(advised, view.inventory):
        labels = dict(size.labels)
        sizes.setdefault((labels["instance"], labels["domain"]), {})[size.part] = size
    costs = of_vms(advised, view.inventory, view.prices) if view.prices.known else {}
    found = [
        Usage(
            vm,
            int(known[at]),
            {name: each[at] for name, each in means.items()},
            {name: each[at] for name, each in peaks.items()},
            sizes.get(keys[at], {}),
            costs[keys[at]].month if costs else None,
            costs[keys[at]].wasted if costs else None,
        )
        for at, vm in enumerate(vms)
    ]
    return tuple(sorted(found, key=_busiest))


def _busiest(of: Usage) -> tuple[float, str, str]:
    used = (of.means["vm_cpu"] or 0.0) * (of.vm.virtual_cpus or 0.0)
    return -used, of.vm.instance, of.vm.domain


def _of(hours: Hours, statistic: Callable[..., NDArray[np.float32]]) -> list[float | None]:
    """A statistic of each column's known hours; None where none is known."""
    found: list[float | None] = []
    for column in hours.T:
        known = column[np.isfinite(column)]
        found.append(float(statistic(known)) if len(known) else None)
    return found
