"""What belongs to one owner: the view without the VMs of others, and without hosts and pools, which are
shared.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from forecaster.series.labels import vm_of
from forecaster.view.inventory import Inventory
from forecaster.view.living import now_called
from forecaster.view.remembered import Remembered
from forecaster.view.rollups import TABLE, VM, Rollup, Rollups

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

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
    migrations = tuple(each for each in known.migrations if (each.instance, each.domain) in keys)
    return replace(
        view,
        inventory=Inventory(known.at, vms=mine, migrations=migrations, missing=known.missing),
        rollups=_rollups(view.rollups, keys, known.keys),
        steps=_rollups(view.steps, keys, known.keys),
        resources=tuple(_resource(each, keys) for each in view.resources),
        alerts=None,
        remembered=Remembered(),
    )


def _rollups(rollups: Rollups, keys: Container[Key], everybodys: Sequence[Key]) -> Rollups:
    """The rows of VMs: pools may have the names of VMs. A VM that moved keeps its hours at other hosts."""
    of_vms = {name: each for name, each in rollups.tables.items() if name not in SHARED}
    return Rollups(rollups.every, {name: _columns(each, keys, everybodys) for name, each in of_vms.items()})


def _columns(hours: Rollup, keys: Container[Key], everybodys: Sequence[Key]) -> Rollup:
    chosen = [at for at, now in enumerate(now_called(hours, everybodys)) if now[:2] in keys]
    columns = np.array(chosen, np.intp)
    mean = hours.mean[:, columns]
    peak = mean if hours.peak is hours.mean else hours.peak[:, columns]
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
