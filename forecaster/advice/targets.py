"""Which hosts cannot take a VM, whatever else goes there: what no need by name says."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from forecaster.view.inventory import Host, Inventory, Vm

    Refused = tuple[tuple[str, str], ...]

MIGRATES = "migrates now"


def same(one: Vm, other: Vm) -> bool:
    """Whether they are one VM, as two hosts tell of it: by its UUID, and never without one."""
    return bool(one.uuid) and one.uuid == other.uuid


def migrating(vms: Iterable[Vm]) -> set[tuple[str, str]]:
    """UUID and name of the VMs that are on at two hosts."""
    at: dict[tuple[str, str], set[str]] = defaultdict(set)
    for vm in vms:
        if vm.uuid and vm.on:
            at[vm.uuid, vm.domain].add(vm.instance)
    return {key for key, hosts in at.items() if len(hosts) > 1}


def namesakes(vms: Sequence[Vm]) -> Mapping[str, str]:
    """Of names that different VMs have: the group that keeps them on different hosts, by the name."""
    found: dict[str, set[object]] = defaultdict(set)
    for vm in vms:
        found[vm.domain].add(vm.uuid or vm.instance)
    return {name: f"VMs named {name}" for name, vms_of in found.items() if len(vms_of) > 1}


def refused(inventory: Inventory, vms: Sequence[Vm], hosts: Sequence[Host]) -> list[Refused]:
    """For each VM: the hosts that cannot take it, with the reason, in words that follow the host's name."""
    taken = _Taken(inventory.vms)
    return [
        tuple(
            (host.instance, why)
            for host in hosts
            if host.instance != vm.instance and (why := next(taken.why(vm, host.instance), ""))
        )
        for vm in vms
    ]


class _Taken:
    """Names and UUIDs of the VMs of each host, also of those that are off: libvirt refuses a second one."""

    def __init__(self, vms: Iterable[Vm]) -> None:
        self.names: dict[tuple[str, str], Vm] = {}
        self.uuids: dict[tuple[str, str], Vm] = {}
        for vm in vms:
            self.names[vm.instance, vm.domain] = vm
            if vm.uuid:
                self.uuids[vm.instance, vm.uuid] = vm

    def why(self, vm: Vm, host: str) -> Iterator[str]:
        other = self.names.get((host, vm.domain))
        if other and not same(vm, other):
            yield f"has another VM {vm.domain}"
        twin = self.uuids.get((host, vm.uuid))
        if twin and twin.domain != vm.domain:
            yield f"has a VM with the same UUID, {twin.domain}"
