"""Adviser: what there is of memory and storage, what of it is promised, what is taken, and what guests use.

Three figures that are easily confused. Provisioned is what VMs may take one day; allocated is what they have
taken from the host; used is what is in use inside the guests. A pool is full when what is allocated reaches
its size, and more than its size may be provisioned. What is allocated and not used comes back by a trim of
the guests' file systems, or by a balloon. Of each host that shares a pool it is
told with the VMs of all.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from exporter.metric import Kind, Metric
from forecaster.advice.clusters import OTHERS
from forecaster.advice.demand import LOCAL_POOLS, is_stated, pool_of
from forecaster.advice.finding import Column
from forecaster.advice.output import Advice, Output, adviser
from forecaster.advice.wording import amount, figure, named
from forecaster.view.inventory import each_once
from forecaster.view.used import MEMORY as OF_MEMORY
from forecaster.view.used import used

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from forecaster.series.labels import Labels
    from forecaster.view.inventory import Disk, Inventory, Pool, Vm
    from forecaster.view.rollups import Rollups
    from forecaster.view.view import Fresh

    Key = tuple[str, str, str]  # host, cluster, and name of a pool; the host is empty of one that is shared

PARTS = MEMORY, POOL, THIN_POOL = ("host_memory", "pool", "thin_pool")
MEASURES = CAPACITY, PROVISIONED, ALLOCATED, USED = ("capacity", "provisioned", "allocated", "used_in_guest")


@dataclass(frozen=True)
class Commitment:
    """Of one host's memory or one pool: bytes by measure, without what is not known.

    `used_in_guest` is that of the VMs whose guest tells it, `told` of `vms`; `idle` is what these have
    allocated beyond it, None where no guest tells.
    """

    labels: Labels
    part: str
    bytes: Mapping[str, float]
    vms: int
    told: int
    idle: float | None

    @property
    def overcommit(self) -> float | None:
        """What is provisioned as a multiple of what there is."""
        promised, capacity = self.bytes.get(PROVISIONED), self.bytes.get(CAPACITY)
        return promised / capacity if capacity and promised is not None else None

    def text(self) -> str:
        """For example: 1.5 times provisioned; 12 GiB are allocated and not used in 3 of 4 guests."""
        found = [] if self.overcommit is None else [f"{figure(self.overcommit)} times provisioned"]
        if self.idle:
            guests = f"{self.told} of {self.vms} guests"
            found.append(f"{amount(self.idle, 'bytes')} are allocated and not used in {guests}")
        return "; ".join(found)


def advised(fresh: Fresh) -> Sequence[Commitment]:
    """All hosts and pools, the most overcommitted first."""
    return commitments(fresh.view.rollups, fresh.inventory, fresh.view.shared_storage)


@lru_cache(maxsize=2)
def commitments(
    rollups: Rollups, inventory: Inventory, shared_storage: tuple[str, ...] = ()
) -> tuple[Commitment, ...]:
    """From the past, of which the last hour counts, and the inventory alone; `shared_storage`: see Config."""
    found = [
        *_memory(rollups, inventory),
        *_pools(inventory, shared_storage),
        *_thin_pools(inventory),
    ]
    return tuple(sorted(found, key=lambda each: (-(each.overcommit or 0.0), each.part, each.labels)))


def _memory(rollups: Rollups, inventory: Inventory) -> Iterator[Commitment]:
    """Memory of hosts: of VMs that are on."""
    on = [vm for vm in inventory.vms if vm.on]
    hours = used(rollups, OF_MEMORY, on, 1, inventory.keys).mean
    taken = hours[-1].tolist() if len(hours) else [np.nan] * len(on)
    at: dict[str, list[tuple[Vm, float]]] = {}
    for vm, known in zip(on, taken, strict=True):
        at.setdefault(vm.instance, []).append((vm, known))
    for host in inventory.hosts:
        if host.memory_bytes:
            mine = at.get(host.instance, [])
            yield _of(
                (("instance", host.instance),),
                MEMORY,
                {
                    CAPACITY: host.memory_bytes,
                    PROVISIONED: _sum(vm.maximum_memory_bytes for vm, _ in mine),
                    ALLOCATED: _sum(vm.resident_bytes for vm, _ in mine),
                },
                _told([(vm.resident_bytes, known) for vm, known in mine]),
            )


def _pools(inventory: Inventory, shared: Sequence[str]) -> Iterator[Commitment]:
    """Storage pools, by the disks that are in them."""
    clusters = {host.instance: host.cluster for host in inventory.hosts}
    beside: dict[str, list[Pool]] = {}
    keys: dict[tuple[str, str], Key] = {}
    for pool in inventory.pools:
        beside.setdefault(pool.instance, []).append(pool)
        keys[pool.instance, pool.pool] = _key(pool, clusters, shared)
    inside: dict[Key, list[tuple[Vm, list[Disk]]]] = {}
    for vm in each_once(inventory.vms):
        for name, mine in _by_pool(vm, beside.get(vm.instance, ())).items():
            if key := keys.get((vm.instance, name)):
                inside.setdefault(key, []).append((vm, mine))
    promised = {key: _promised(having) for key, having in inside.items()}
    guests = {key: _told([_guest(vm, mine) for vm, mine in having]) for key, having in inside.items()}
    for pool in inventory.pools:
        key = keys[pool.instance, pool.pool]
        if pool.capacity_bytes:
            yield _of(
                (("instance", pool.instance), ("pool", pool.pool)),
                POOL,
                {
                    CAPACITY: pool.capacity_bytes,
                    PROVISIONED: promised.get(key),
                    ALLOCATED: pool.allocation_bytes,
                },
                guests.get(key, _NOBODY),
            )


def _key(pool: Pool, clusters: Mapping[str, str], shared: Sequence[str]) -> Key:
    """The same of pools that are one: those of one name in a cluster that are on a network, or are said to be
    shared.
    """
    if is_stated(pool, shared) or (pool.type and pool.type not in LOCAL_POOLS):
        return "", clusters.get(pool.instance) or OTHERS, pool.pool
    return pool.instance, "", pool.pool


def _by_pool(vm: Vm, pools: Sequence[Pool]) -> Mapping[str, list[Disk]]:
    """The disks of a VM by the pool of its host that they are in."""
    found: dict[str, list[Disk]] = {}
    for disk in vm.disks:
        found.setdefault(pool_of(disk, pools), []).append(disk)
    return found


def _promised(having: Iterable[tuple[Vm, Sequence[Disk]]]) -> float | None:
    """What VMs may take of a pool: an image that several of them have, such as a CD, is there once."""
    sizes: dict[str, float | None] = {}
    for _, mine in having:
        for disk in mine:  # those in a pool have a source: it tells which pool
            sizes[disk.source] = disk.capacity_bytes or sizes.get(disk.source)
    return _sum(sizes.values())


def _guest(vm: Vm, mine: Sequence[Disk]) -> tuple[float | None, float | None]:
    """What the images of a VM take, with all of their chains, and what its file systems use: not known where
    it has disks elsewhere. A CD is none of its own.
    """
    sized = [disk for disk in mine if _is_own(disk)]
    if len(sized) < len([disk for disk in vm.disks if _is_own(disk)]):
        return None, None
    taken = _sum(disk.chain_bytes or disk.physical_bytes for disk in sized)
    return taken, _sum(each.used_bytes for each in vm.filesystems)


def _is_own(disk: Disk) -> bool:
    return bool(disk.capacity_bytes) and not disk.is_removable


def _thin_pools(inventory: Inventory) -> Iterator[Commitment]:
    for pool in inventory.thin_pools:
        if pool.size_bytes:
            yield _of(
                tuple(
                    sorted((name, getattr(pool, name)) for name in ("instance", "volume_group", "thin_pool"))
                ),
                THIN_POOL,
                {
                    CAPACITY: pool.size_bytes,
                    PROVISIONED: pool.virtual_bytes,
                    ALLOCATED: None if pool.used_ratio is None else pool.used_ratio * pool.size_bytes,
                },
                _NOBODY,
            )


class _Guests(NamedTuple):
    """How many VMs there are, and of how many it is known what they use; that, and what they have been given
    beyond it, bytes; None: not known.
    """

    vms: int
    told: int
    used: float | None
    idle: float | None


_NOBODY = _Guests(0, 0, None, None)


def _told(guests: Sequence[tuple[float | None, float | None]]) -> _Guests:
    """`guests`: what each has been given, and what it uses of that."""
    known = [(given, used) for given, used in guests if used is not None and math.isfinite(used)]
    idle = [max(0.0, given - used) for given, used in known if given is not None]
    return _Guests(len(guests), len(known), _sum(used for _, used in known), sum(idle) if idle else None)


def _of(labels: Labels, part: str, told: Mapping[str, float | None], guests: _Guests) -> Commitment:
    sizes = {**told, USED: guests.used}
    known = {name: float(value) for name, value in sizes.items() if value is not None}
    return Commitment(labels, part, known, guests.vms, guests.told, guests.idle)


def _sum(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


BYTES = Metric(
    "virtcast_efficiency_bytes",
    Kind.GAUGE,
    "Memory of a host, or storage of a pool, by measure: capacity; provisioned, what VMs may take; allocated,"
    " what is taken from it; used_in_guest, what guests that tell it use.",
    ("measure",),
    "bytes",
)
OVERCOMMIT = Metric(
    "virtcast_efficiency_overcommit_ratio",
    Kind.GAUGE,
    "What is provisioned of a host's memory or a pool, as a multiple of what there is.",
    (),
    "ratio",
)


def _column(measure: str, title: str, text: str) -> Output[Commitment]:
    return Output(
        measure,
        "number",
        text,
        lambda of: of.bytes.get(measure),
        column=Column(title, number=True),
        text=lambda of: amount(of.bytes[measure], "bytes") if measure in of.bytes else "",
    )


ADVISER = adviser(
    "commitment",
    "Promised, taken, used",
    Advice(
        "/api/v1/commitment",
        "Memory of hosts and storage of pools: what there is, is provisioned, is allocated, and guests use.",
        advised,
        lambda of: of.labels,
        (
            Output("of", "text", "Whose.", lambda of: named(of.labels), column=Column("Of", about=True)),
            Output("part", "text", f"{', '.join(PARTS[:-1])} or {PARTS[-1]}.", lambda of: of.part),
            _column(CAPACITY, "There is", "Bytes that there are."),
            _column(PROVISIONED, "Provisioned", "Bytes that its VMs may take."),
            _column(ALLOCATED, "Allocated", "Bytes that are taken from it."),
            _column(USED, "Used in guests", "Bytes that are in use in guests that tell it."),
            Output("bytes", "numbers", "The same by measure.", lambda of: of.bytes, BYTES),
            Output(
                "overcommit",
                "number",
                "What is provisioned as a multiple of what there is.",
                lambda of: of.overcommit,
                OVERCOMMIT,
            ),
            Output("vms", "count", "VMs that have something of it.", lambda of: of.vms),
            Output("told", "count", "VMs whose guest tells what it uses.", lambda of: of.told),
            Output("idle", "number", "Bytes that those have allocated and do not use.", lambda of: of.idle),
            Output("text", "text", "In words.", Commitment.text, column=Column("That is")),
        ),
        also=("part",),
    ),
    nothing="Not known: no host or pool says how large it is.",
)
