"""What hosts use beyond their VMs: programs of their own, caches, storage daemons, what QEMU adds.

An hour's VMs are those that were there then, wherever they are now, with what they had then: a host that was
emptied for maintenance is not taken for a busy one. Hours of which nobody tells what the VMs of a host took
say nothing of what is its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from forecaster.view.rollups import at_hours
from forecaster.view.used import CPU, had, positive

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from forecaster.view.inventory import Host, Inventory, Vm
    from forecaster.view.rollups import Rollups

    Flags = NDArray[np.bool_]
    Floats = NDArray[np.float64]

LATELY = 24  # hours in which memory is looked at: what VMs have of it is known of now alone


class OwnUse(NamedTuple):
    """CPUs at each hour (k, n) of the row `host_cpu`, NaN = not known; bytes (n,), 0 where not known."""

    cpu: Floats
    memory: Floats


def own_use(rollups: Rollups, inventory: Inventory, hosts: Sequence[Host]) -> OwnUse:
    """Of the hosts, whose sizes are known. Memory is the highest hour of the last day, without what the
    processes of the VMs have.
    """
    keys = [(host.instance,) for host in hosts]
    cpu, memory = rollups["host_cpu"], rollups["host_memory"]
    used, held = cpu.of(keys).mean.astype(float), memory.of(keys).mean[-LATELY:].astype(float)
    vms = _Residents(rollups, inventory)
    for at, host in enumerate(hosts):
        used[:, at] = used[:, at] * (host.cpus or 0.0) - vms.cpus(host, cpu.ends)
        held[:, at] *= host.memory_bytes or 0.0
    highest = [vms.highest_without(host, held[:, at], memory.ends[-LATELY:]) for at, host in enumerate(hosts)]
    return OwnUse(used, np.array(highest))


class _Residents:
    """The VMs that were at each host, hour by hour: a VM that runs has used CPUs."""

    def __init__(self, rollups: Rollups, inventory: Inventory) -> None:
        self.past = past = rollups["vm_cpu"]
        self.here: dict[str, list[Vm]] = {}
        by_key, by_name = {}, dict[str, list["Vm"]]()
        for vm in inventory.vms:
            by_key[vm.instance, vm.domain] = vm
            by_name.setdefault(vm.domain, []).append(vm)
            self.here.setdefault(vm.instance, []).append(vm)
        self.columns: dict[str, list[int]] = {}
        self.of_vm: dict[tuple[str, str], list[int]] = {}
        self.vms: list[Vm | None] = []  # of each column; one that went elsewhere if its name is the only one
        for column, (instance, domain) in enumerate(past.labels):
            self.columns.setdefault(instance, []).append(column)
            namesakes = by_name.get(domain, [])
            elsewhere = namesakes[0] if len(namesakes) == 1 else None
            found = by_key.get((instance, domain), elsewhere)
            self.vms.append(found)
            if found:
                self.of_vm.setdefault((found.instance, found.domain), []).append(column)
        now = positive(vm.virtual_cpus or 1.0 if vm else None for vm in self.vms)
        parts = [(instance, domain, CPU) for instance, domain in past.labels]
        self.taken = past.mean * had(rollups, parts, now, past.ends, inventory.keys)
        self.began = past.ends[-past.known] if past.known else past.until

    def cpus(self, host: Host, ends: NDArray[np.int64]) -> Floats:
        """CPUs that VMs took at each of the hours, NaN = not known; of a VM that is nowhere any more nothing
        is known but what it is told to have had.
        """
        if not self.past.labels:  # it has not been read yet: a VM without a past is taken to use all it has
            return np.full(len(ends), sum(vm.virtual_cpus or 1.0 for vm in self._on(host)))
        mine = self.columns.get(host.instance, [])
        taken = at_hours(self.taken[:, mine], self.past.ends, ends).astype(float)
        told = self._told(host, self._seen(mine, ends), ends) & np.isin(ends, self.past.ends)
        return np.where(told, np.nansum(taken, axis=1), np.nan)

    def highest_without(self, host: Host, held: Floats, ends: NDArray[np.int64]) -> float:
        """The most of `held` bytes that no VM had. Hours with a VM whose memory is not known now are left out
        where others are known.
        """
        mine = self.columns.get(host.instance, [])
        there = self._seen(mine, ends)
        for place, column in enumerate(mine):
            if self._is_here(self.vms[column], host):  # paused since, or its newest hour is not in yet
                there[:, place] |= ~np.logical_or.accumulate(there[::-1, place])[::-1]
        sizes = np.array([_bytes(self.vms[column]) for column in mine])
        own = held - there @ np.nan_to_num(sizes)
        if not self.past.labels:  # it has not been read yet: all VMs may have been there
            own -= sum(map(_bytes, self._on(host)))
        known = np.isfinite(own) & self._told(host, there, ends)
        if not known.any():
            return 0.0
        sure = known & ~there[:, np.isnan(sizes)].any(axis=1)
        most = own[sure].max() if sure.any() else own[known][-1]
        return max(0.0, float(most))

    def _told(self, host: Host, there: Flags, ends: NDArray[np.int64]) -> Flags:
        """The hours (k,) of which it is known who was at a host: one of its VMs was `there` (k, n), or each
        of them was elsewhere or is off since. In the others nobody looked.
        """
        mine = self.columns.get(host.instance, [])
        if not mine:
            return ends >= self.began
        found: Flags = np.any(there, axis=1)
        empty = np.flatnonzero(~found)
        if len(empty):
            found[empty] = np.all([self._away(column, host, ends[empty]) for column in mine], axis=0)
        return found

    def _away(self, column: int, host: Host, ends: NDArray[np.int64]) -> Flags:
        vm = self.vms[column]
        same = self.of_vm[vm.instance, vm.domain] if vm else []
        away: Flags = np.any(self._seen([each for each in same if each != column], ends), axis=1)
        if self._is_here(vm, host):
            return away
        seen = np.flatnonzero(np.isfinite(self.past.mean[:, column]))
        return away | (ends > (self.past.ends[seen[-1]] if len(seen) else 0))

    def _seen(self, columns: list[int], ends: NDArray[np.int64]) -> Flags:
        """Whether a VM used CPUs in each of the hours (k, n)."""
        return np.isfinite(at_hours(self.past.mean[:, columns], self.past.ends, ends))

    def _on(self, host: Host) -> list[Vm]:
        return [vm for vm in self.here.get(host.instance, ()) if vm.on]

    @staticmethod
    def _is_here(vm: Vm | None, host: Host) -> bool:
        return vm is not None and vm.instance == host.instance and vm.on


def _bytes(vm: Vm | None) -> float:
    """What a VM has of its host's memory, NaN = not known; huge pages are not told as its process's."""
    if vm is None or not vm.on:
        return np.nan
    told = None if vm.huge_pages else vm.resident_bytes
    return told or vm.maximum_memory_bytes or 0.0
