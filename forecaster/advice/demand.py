"""The fleet as the planner of placements sees it: what VMs demand by time of day, and need of a host."""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.advice.clusters import OTHERS
from forecaster.advice.migration_outlook import outlooks
from forecaster.advice.own_use import own_use
from forecaster.advice.targets import MIGRATES, Targets, migrating
from forecaster.placement.fleet import Fleet, Guest, Machine, Way
from forecaster.view.used import CPU, used

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from forecaster.migration.rounds import Expected
    from forecaster.view.inventory import Disk, Host, Inventory, Pool, Vm
    from forecaster.view.rollups import Rollups

PARTS = 8  # of a day: three hours each, in UTC
LOCAL_POOLS = {"dir", "disk", "fs", "logical", "zfs"}  # types of pools that are of one host, unless stated


@lru_cache(maxsize=2)
def fleet(rollups: Rollups, inventory: Inventory, shared_storage: tuple[str, ...] = ()) -> Fleet:
    """VMs that are on, at hosts whose size is known. One whose memory is not known stays.

    A VM's demand is the highest mean of an hour at that time of day in the last four weeks, in CPUs, and at
    most what it has now. One without a past counts with all its virtual CPUs. What a host uses beyond its
    VMs stays with the host. `shared_storage` are pools, and folders, that all hosts have alike: see Config.
    """
    hosts = {host.instance: host for host in inventory.hosts if host.cpus and host.memory_bytes}
    vms = [vm for vm in inventory.vms if vm.instance in hosts and vm.on]
    past = used(rollups, CPU, vms, among=inventory.keys)
    demand = np.fmin(by_part(past.ends, past.mean), [vm.virtual_cpus or 1.0 for vm in vms])
    pools = _by_host(inventory.pools)
    moves = _moves(inventory)
    under_way, targets = migrating(inventory.vms), Targets(inventory, vms, list(hosts.values()))
    guests = [
        Guest(
            named(vm),
            vm.instance,
            tuple(map(float, demand[:, at])),
            vm.maximum_memory_bytes or 0.0,
            needs=frozenset(_needs(vm, hosts[vm.instance], pools.get(vm.instance, ()), shared_storage)),
            refused=targets.refused(vm),
            fixed=_fixed(vm, under_way),
            apart=frozenset((*vm.apart, *targets.apart(vm))),
            together=frozenset(vm.together),
            move_seconds=moves[vm.instance, vm.domain][0].seconds,
            converges=moves[vm.instance, vm.domain][0].converges,
            downtime=moves[vm.instance, vm.domain][0].downtime,
            ways=moves[vm.instance, vm.domain][1:],
        )
        for at, vm in enumerate(vms)
    ]
    return Fleet(tuple(guests), tuple(_machines(rollups, inventory, list(hosts.values()))))


def _fixed(vm: Vm, under_way: Container[tuple[str, str]]) -> str:
    """Why a VM stays; empty if it can go."""
    if (vm.uuid, vm.domain) in under_way:
        return MIGRATES
    if not vm.maximum_memory_bytes:
        return "has memory of a size that is not known"
    return "has a device of its host" if vm.host_devices else ""


def _moves(inventory: Inventory) -> Mapping[tuple[str, str], tuple[Way, ...]]:
    """By instance and domain: the migration to any host, then those to hosts of which more is known."""
    found: dict[tuple[str, str], tuple[Way, ...]] = defaultdict(lambda: (Way(""),))
    for each in outlooks(inventory):
        (_, domain), (_, instance) = each.labels
        towards = (_way(target, known) for target, known in each.by_target.items())
        found[instance, domain] = (_way("", each.usual), *towards)
    return found


def _way(machine: str, known: Expected | None) -> Way:
    """The figures of a migration that does not end mean nothing."""
    if known is None or not known.converges:
        return Way(machine, converges=known is None)
    return Way(machine, known.seconds, known.downtime)


def named(vm: Vm) -> str:
    """Which VM it is, across hosts."""
    return f"{vm.instance}/{vm.domain}"


def by_part(ends: NDArray[np.int64], hours: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """The highest of the hours (k, n) that end at `ends` at each part of the day: (PARTS, n); NaN = none is
    known.
    """
    part = (ends - 1) % 86_400 * PARTS // 86_400
    found = np.full((PARTS, hours.shape[1]), -np.inf)
    np.fmax.at(found, part, hours)
    return np.where(np.isinf(found), np.nan, found)


def _by_host(pools: Sequence[Pool]) -> Mapping[str, Sequence[Pool]]:
    found: dict[str, list[Pool]] = {}
    for pool in pools:
        found.setdefault(pool.instance, []).append(pool)
    return found


def _needs(vm: Vm, host: Host, pools: Sequence[Pool], shared: Sequence[str]) -> Iterator[str]:
    """What another host must have: the cluster, the architecture, and pools by name.

    Local storage is what no host offers: it keeps a VM where it is.
    """
    yield f"cluster {host.cluster or OTHERS}"
    if host.model:
        yield f"CPU {host.model}"
    for disk in vm.disks:
        storage = _storage(disk, pools, shared)
        if storage:
            yield storage


def _storage(disk: Disk, pools: Sequence[Pool], shared: Sequence[str]) -> str:
    """What a disk needs of a host; empty if any host reaches it, or nothing is known of it."""
    if not disk.source or disk.source_type == "network" or _below(disk.source, shared):
        return ""
    name = pool_of(disk, pools)
    if name and not _is_local(name, pools, shared):
        return f"pool {name}"
    if name or disk.source.startswith("/") or disk.source_type == "nvme":
        return f"local {disk.disk_type if disk.is_removable else 'disk'} {disk.target_device}"
    return ""


def _is_local(name: str, pools: Sequence[Pool], shared: Sequence[str]) -> bool:
    """Whether a pool is of its host alone, as far as is known."""
    known = next((pool for pool in pools if pool.pool == name), None)
    return bool(known and known.type in LOCAL_POOLS and not is_stated(known, shared))


def is_stated(pool: Pool, shared: Sequence[str]) -> bool:
    """Whether a pool is said to be shared, by its name or its folder."""
    return pool.pool in shared or bool(pool.path and _below(pool.path, shared))


def _below(path: str, shared: Sequence[str]) -> bool:
    """Whether one of the folders of `shared`, which begin with a slash, has the path."""
    folders = [each.rstrip("/") for each in shared if each.startswith("/")]
    return any(path.rstrip("/") == folder or path.startswith(f"{folder}/") for folder in folders)


def pool_of(disk: Disk, pools: Sequence[Pool]) -> str:
    """The pool that a disk is in; empty if it is in none that is known."""
    if disk.source_type == "volume":
        return disk.source.partition("/")[0]
    within = [pool for pool in pools if pool.path and disk.source.startswith(f"{pool.path.rstrip('/')}/")]
    return max(within, key=lambda pool: len(pool.path)).pool if within else ""


def _all_day(parts: NDArray[np.float64]) -> NDArray[np.float64]:
    """What hosts use themselves (PARTS, n): a part of the day of which nothing is known is as the busiest."""
    return np.where(np.isnan(parts), np.fmax.reduce(parts, axis=0, initial=0.0), np.fmax(parts, 0.0))


def _machines(rollups: Rollups, inventory: Inventory, hosts: Sequence[Host]) -> Iterator[Machine]:
    """The hosts, with what they offer and what they use beyond their VMs."""
    own = own_use(rollups, inventory, hosts)
    base = _all_day(by_part(rollups["host_cpu"].ends, own.cpu))
    pools = _by_host(inventory.pools)
    for at, host in enumerate(hosts):
        offers = {f"cluster {host.cluster or OTHERS}"}
        offers |= {f"pool {each.pool}" for each in pools.get(host.instance, ())}
        offers |= {f"CPU {host.model}"} if host.model else set()
        yield Machine(
            host.instance,
            host.cpus or 0.0,
            host.memory_bytes or 0.0,
            frozenset(offers),
            tuple(map(float, base[:, at])),
            float(own.memory[at]),
        )
