"""Which hosts cannot take a VM, whatever else goes there: what no need by name says."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from forecaster.advice.numbers import numbers, written
from forecaster.network_mapping.blocked import Blocked
from forecaster.view.inventory import Host

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from forecaster.network_mapping.blocked import Kinds
    from forecaster.view.inventory import Inventory, Vm

    Refused = tuple[tuple[str, str], ...]
    Identity = tuple[str, ...]

MIGRATES = "migrates now"
LIBVIRT = "libvirt"
SYSTEMS = {"", "node", "linux", "windows"}
"""Providers that tell of an operating system, and say nothing of the hypervisor."""


def identity(vm: Vm) -> Identity:
    """Which VM it is, as two hosts tell of it: its UUID; without one it is known at its host alone."""
    return (vm.uuid,) if vm.uuid else (vm.instance, vm.domain)


def migrating(vms: Iterable[Vm]) -> set[tuple[str, str]]:
    """UUID and name of the VMs that are on at two hosts."""
    at: dict[tuple[str, str], set[str]] = defaultdict(set)
    for vm in vms:
        if vm.uuid and vm.on:
            at[vm.uuid, vm.domain].add(vm.instance)
    return {key for key, hosts in at.items() if len(hosts) > 1}


class _Hypervisors:
    """Which hypervisors hosts have, by the names of providers. Of several that know a host one records it: it
    is libvirt's where libvirt tells its node, whoever else does.
    """

    def __init__(self, vms: Iterable[Vm], hosts: Iterable[Host]) -> None:
        self._at: dict[str, set[str]] = defaultdict(set)
        self._nodes = {host.instance for host in hosts if host.model}
        for host in hosts:
            self._at[host.instance] |= {LIBVIRT} if host.model else {host.provider} - SYSTEMS
        for vm in vms:
            self._at[vm.instance] |= {vm.provider} - SYSTEMS

    def of(self, vm: Vm) -> str:
        """The one that it runs on; empty: not known."""
        if vm.instance in self._nodes:
            return LIBVIRT
        return vm.provider if vm.provider not in SYSTEMS else min(self._at[vm.instance], default="")

    def why(self, needs: _Needs, host: Host) -> str:
        """Why a host is none for it; empty: it may be one."""
        known = self._at[host.instance]
        foreign = needs.hypervisor and known and needs.hypervisor not in known
        return f"lacks provider {needs.hypervisor}" if foreign else ""


class _Needs(NamedTuple):
    """What a VM needs of a host, as far as that is no name that each host tells: the hypervisor, sets of CPUs
    and NUMA cells, how many CPUs, kinds of interfaces.
    """

    hypervisor: str
    cpus: frozenset[int]
    cells: frozenset[int]
    most: float
    interfaces: Kinds


def _lacks(ids: frozenset[int], count: float) -> set[int]:
    """Those that a host does not have, were they without gaps; a count of 0 is not known."""
    return {each for each in ids if count and each >= count}


def _told(ids: frozenset[int], count: float) -> frozenset[int]:
    """The ids, if the VM's own host has them by its count; else counts say nothing of ids: they have gaps."""
    return frozenset() if _lacks(ids, count) else ids


def _cells_of(host: Host) -> int:
    return int(host.numa_cells) if host.numa_cells.isdecimal() else 0


def _cpus(needs: _Needs, host: Host) -> str:
    lacks = _lacks(needs.cpus, host.cpus or 0.0)
    return f"lacks CPUs {written(lacks)}" if lacks else ""


def _cells(needs: _Needs, host: Host) -> str:
    lacks = _lacks(needs.cells, _cells_of(host))
    return f"lacks NUMA cells {written(lacks)}" if lacks else ""


def _size(needs: _Needs, host: Host) -> str:
    return f"has {host.cpus:.0f} CPUs, fewer than it" if host.cpus and host.cpus < needs.most else ""


class Targets:
    """Of all pairs of these VMs and hosts of an inventory."""

    def __init__(self, inventory: Inventory, vms: Sequence[Vm], hosts: Sequence[Host]) -> None:
        self._hosts = hosts
        self._homes = {host.instance: host for host in hosts}
        self._blocked = Blocked(inventory, vms)
        self._hypervisors = _Hypervisors(inventory.vms, hosts)
        self._judges: tuple[Callable[[_Needs, Host], str], ...] = (
            self._hypervisors.why,
            _cpus,
            _cells,
            _size,
        )
        self._known: dict[_Needs, Refused] = {}
        self._taken = tuple(_Taken(inventory.vms, each) for each in UNIQUE)

    def refused(self, vm: Vm) -> Refused:
        """The hosts that cannot take it, each with the reason, in words that follow the host's name."""
        needs = self._needs(vm)
        if needs not in self._known:
            self._known[needs] = tuple(self._by(needs))
        taken = (pair for each in self._taken for pair in each.refused(vm))
        return (*taken, *self._known[needs])

    def apart(self, vm: Vm) -> Iterator[str]:
        """Groups of VMs of which one host takes one at most."""
        return (group for each in self._taken for group in each.groups(vm))

    def _needs(self, vm: Vm) -> _Needs:
        """A VM may have more CPUs than any host, and pins beyond them, if it has these where it is."""
        home = self._homes.get(vm.instance) or Host(vm.instance)
        return _Needs(
            self._hypervisors.of(vm),
            _told(numbers(vm.cpuset), home.cpus or 0.0),
            _told(numbers(vm.numa_nodeset), _cells_of(home)),
            min(vm.virtual_cpus or 0.0, home.cpus or float("inf")),
            self._blocked.kinds(vm),
        )

    def _by(self, needs: _Needs) -> Iterator[tuple[str, str]]:
        for host in self._hosts:
            why = next(filter(None, (judge(needs, host) for judge in self._judges)), "")
            why = why or self._blocked.why(needs.interfaces, host)
            if why:
                yield host.instance, why


class _Unique(NamedTuple):
    """Something of which a host has one at most; what tells the VMs that have it apart; words for both."""

    of: Callable[[Vm], Iterable[str]]
    identity: Callable[[Vm], object]
    why: str
    group: str


class _Taken:
    """Who has it where, also of VMs that are off."""

    def __init__(self, vms: Iterable[Vm], unique: _Unique) -> None:
        self._unique = unique
        found: dict[str, list[Vm]] = defaultdict(list)
        for vm in vms:
            for value in unique.of(vm):
                found[value].append(vm)
        self._shared: Mapping[str, list[Vm]] = {
            value: those for value, those in found.items() if len({*map(unique.identity, those)}) > 1
        }

    def refused(self, vm: Vm) -> Iterator[tuple[str, str]]:
        of, identity, why, _ = self._unique
        for value in of(vm):
            for other in self._shared.get(value, ()):
                if other.instance != vm.instance and identity(other) != identity(vm):
                    yield other.instance, why.format(value=value, vm=other.domain)

    def groups(self, vm: Vm) -> Iterator[str]:
        """None of those that are on one host now: to part them mends nothing."""
        for value in self._unique.of(vm):
            those = self._shared.get(value, ())
            if those and len({each.instance for each in those}) == len({*map(self._unique.identity, those)}):
                yield self._unique.group.format(value=value)


def _mac_addresses(vm: Vm) -> set[str]:
    return {each.mac_address.lower() for each in vm.interfaces if each.mac_address}


UNIQUE = (
    _Unique(
        lambda vm: (vm.domain,) if vm.uuid else (),
        identity,
        "has another VM {value}",
        "VMs named {value}",
    ),
    _Unique(
        lambda vm: (vm.uuid,) if vm.uuid else (),
        lambda vm: vm.domain,
        "has a VM with the same UUID, {vm}",
        "VMs with UUID {value}",
    ),
    _Unique(_mac_addresses, identity, "has MAC address {value}, at {vm}", "VMs with MAC address {value}"),
)
"""Libvirt, which tells the UUID of each VM, refuses a second one of a name or a UUID; a second one with a MAC
address cuts both off.
"""
