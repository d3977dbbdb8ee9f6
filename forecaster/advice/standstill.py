"""Which VMs stand still since a disk returned an error, and the storage without room that is why.

QEMU pauses a VM whose write finds no room on its host, and says so. Then the fullest of the storage that its
disks are in is the cause, however full it was when it was last measured. Where the reason is not known, what
is full is the cause; where it is another error, the storage is none.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from forecaster.advice.demand import pool_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forecaster.series.labels import Labels
    from forecaster.view.inventory import Disk, Inventory, Vm

FULL = 0.98  # share from which on a write may find no room: images grow in steps
FROM = {"enospc": 0.0, "": FULL}
"""By the reason of a VM's last I/O error: how full storage is, at least, that is the cause."""


class Standstill(NamedTuple):
    """A VM, and the pool or thin pool of a disk of it that has no room; empty: there is none."""

    vm: Labels
    storage: Labels

    @property
    def about(self) -> Labels:
        """What is to be looked at."""
        return self.storage or self.vm


def standstills(inventory: Inventory) -> tuple[Standstill, ...]:
    """Of all VMs that libvirt paused for that reason, in the order of the inventory."""
    return tuple(
        Standstill((("domain", vm.domain), ("instance", vm.instance)), _cause(vm, inventory))
        for vm in inventory.vms
        if vm.paused_by_error
    )


def _cause(vm: Vm, inventory: Inventory) -> Labels:
    """The fullest of the storage of its own disks, if that is full enough."""
    known = [each for disk in vm.own_disks for each in _storage(disk, vm.instance, inventory)]
    used, labels = max(known, default=(-1.0, ()))
    return labels if used >= FROM.get(vm.io_error, math.inf) else ()


def _storage(disk: Disk, instance: str, inventory: Inventory) -> Iterator[tuple[float, Labels]]:
    """The pool or thin pools that a disk is in: how full each is, and its labels."""
    pools = [each for each in inventory.pools if each.instance == instance]
    inside = pool_of(disk, pools)
    for pool in pools:
        if pool.pool == inside and pool.fills and pool.capacity_bytes:
            used = (pool.allocation_bytes or 0.0) / pool.capacity_bytes
            yield used, (("instance", instance), ("pool", inside))
    for thin in inventory.thin_pools:
        if thin.instance == instance and _is_of(disk, thin.volume_group):
            labels = (
                ("instance", instance),
                ("thin_pool", thin.thin_pool),
                ("volume_group", thin.volume_group),
            )
            yield thin.used_ratio or 0.0, labels


def _is_of(disk: Disk, group: str) -> bool:
    """Whether it is a volume of the group, as LVM or as device mapper names it."""
    return disk.source.startswith((f"/dev/{group}/", f"/dev/mapper/{group.replace('-', '--')}-"))
