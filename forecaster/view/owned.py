"""What belongs to one owner: the view without the VMs of others, and without hosts and pools, which are
shared.

Names are reused: hours at a host where no VM has the name now may be of a VM of somebody else that was
deleted. They are an owner's if the records of migrations, at both ends, tell that its VM came from there.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from forecaster.series.labels import vm_of
from forecaster.view.inventory import Inventory
from forecaster.view.remembered import Remembered
from forecaster.view.rollups import TABLE, VM, Rollup, Rollups
from forecaster.view.way import by_domain, came_from

if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence

    from numpy.typing import NDArray

    from forecaster.view.inventory import Vm
    from forecaster.view.view import ResourceView, View

    Key = tuple[str, str]  # instance, domain

NOBODY = "none"  # owner of VMs that state none
SHARED = {each.name for each in TABLE if each.labels[: len(VM)] != VM}  # rows of hosts and pools


def owner_of(vm: Vm) -> str:
    """Who pays for a VM: its owner, or else its project."""
    return vm.owner or vm.project_name or NOBODY


def owners(inventory: Inventory) -> list[str]:
    """All that there are."""
    return sorted({owner_of(vm) for vm in inventory.vms})


def owned(view: View, owner: str) -> View:
    """The view of what belongs to an owner."""
    known = view.inventory
    mine = tuple(vm for vm in known.vms if owner_of(vm) == owner)
    keys = {(vm.instance, vm.domain) for vm in mine}
    hours = _known_until(known, mine)
    migrations = tuple(each for each in known.migrations if (each.instance, each.domain) in keys)
    return replace(
        view,
        inventory=Inventory(known.at, vms=mine, migrations=migrations, missing=known.missing),
        rollups=_rollups(view.rollups, hours),
        steps=_rollups(view.steps, hours),
        resources=tuple(_resource(each, keys) for each in view.resources),
        alerts=None,
        remembered=Remembered(),
    )


def _known_until(known: Inventory, mine: Sequence[Vm]) -> Mapping[Key, float]:
    """The series (instance, domain) whose hours are of these VMs, and until when, Unix seconds: those of the
    VMs, of the same ones by their UUIDs, and of the hosts that they came from.
    """
    uuids, taken = {vm.uuid for vm in mine if vm.uuid}, {(vm.instance, vm.domain) for vm in known.vms}
    told = by_domain(known.migrations)
    found = {
        (left.instance, vm.domain): arrived.ended or 0.0
        for vm in mine
        for left, arrived in came_from(vm, told.get(vm.domain, ()))
        if (left.instance, vm.domain) not in taken
    }
    same = {(vm.instance, vm.domain): math.inf for vm in known.vms if vm.uuid in uuids}
    return found | same | {(vm.instance, vm.domain): math.inf for vm in mine}


def _rollups(rollups: Rollups, known_until: Mapping[Key, float]) -> Rollups:
    """The rows of VMs: pools may have the names of VMs. A VM that moved keeps its hours at other hosts."""
    of_vms = {name: each for name, each in rollups.tables.items() if name not in SHARED}
    return Rollups(
        rollups.every, {name: _columns(each, known_until, rollups.every) for name, each in of_vms.items()}
    )


def _columns(hours: Rollup, known_until: Mapping[Key, float], every: int) -> Rollup:
    chosen = [
        at for at, (instance, domain, *_) in enumerate(hours.labels) if (instance, domain) in known_until
    ]
    columns = np.array(chosen, np.intp)
    until = np.array([known_until[hours.labels[at][0], hours.labels[at][1]] for at in chosen])
    there = hours.ends[:, None] - every < until

    def theirs(values: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.where(there, values[:, columns], np.float32(np.nan))

    mean = theirs(hours.mean)
    peak = mean if hours.peak is hours.mean else theirs(hours.peak)
    return Rollup(tuple(hours.labels[at] for at in chosen), hours.ends, mean, peak)


def _resource(of: ResourceView, keys: Container[Key]) -> ResourceView:
    def mine(labels: tuple[tuple[str, str], ...]) -> bool:
        vm = dict(vm_of(labels))
        return (vm.get("instance", ""), vm.get("domain", "")) in keys

    rows = of.rows
    if rows is not None:
        rows = rows.take([at for at, labels in enumerate(rows.labels) if mine(labels)])
    return replace(
        of,
        rows=rows,
        states={labels: state for labels, state in of.states.items() if mine(labels)},
        episodes=tuple(each for each in of.episodes if mine(each.labels)),
    )
