"""Which VMs stand still since a disk returned an error, and the storage without room that is why.

QEMU pauses a VM whose write finds no room on its host. Of the storage that its disks are in, what is full is
the cause; where nothing is full, the cause is not known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from forecaster.advice.demand import pool_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from forecaster.series.labels import Labels
    from forecaster.view.inventory import Disk, Inventory, Pool, ThinPool, Vm

FULL = 0.98  # share of a pool from which on a write may find no room: images grow in steps, figures are older
WHOLE = {"logical", "disk", "iscsi", "iscsi-direct", "scsi", "mpath"}
"""Types of pools whose volumes have all of their room from the first: they are full, and no write fails."""


class Standstill(NamedTuple):
    """A VM, and the pool or thin pool that a disk of it is in and that is full; empty: there is none."""

    vm: Labels
    storage: Labels

    @property
    def about(self) -> Labels:
        """What is to be looked at."""
        return self.storage or self.vm


def standstills(inventory: Inventory) -> tuple[Standstill, ...]:
    """Of all VMs that libvirt paused for that reason, in the order of the inventory."""
    return tuple(
        Standstill((("domain", vm.domain), ("instance", vm.instance)), next(_full_storage(vm, inventory), ()))
        for vm in inventory.vms
        if vm.paused_by_error
    )


def _full_storage(vm: Vm, inventory: Inventory) -> Iterator[Labels]:
    """The full pools and thin pools of its disks, by their labels."""
    pools = [each for each in inventory.pools if each.instance == vm.instance]
    for disk in vm.disks:
        yield from (
            (("instance", each.instance), ("pool", each.pool))
            for each in pools
            if each.pool == pool_of(disk, pools) and _is_full(each)
        )
        yield from _full_thin_pools(
            disk, [each for each in inventory.thin_pools if each.instance == vm.instance]
        )


def _is_full(pool: Pool) -> bool:
    taken, room = pool.allocation_bytes, pool.capacity_bytes
    return pool.type not in WHOLE and taken is not None and bool(room) and taken >= FULL * (room or 0.0)


def _full_thin_pools(disk: Disk, thin_pools: Sequence[ThinPool]) -> Iterator[Labels]:
    """Of the volume group that the disk is a volume of: /dev/GROUP/VOLUME, or as device mapper names it."""
    for each in thin_pools:
        mapped = f"/dev/mapper/{each.volume_group.replace('-', '--')}-"
        if (
            disk.source.startswith((f"/dev/{each.volume_group}/", mapped))
            and (each.used_ratio or 0.0) >= FULL
        ):
            yield (
                ("instance", each.instance),
                ("thin_pool", each.thin_pool),
                ("volume_group", each.volume_group),
            )
