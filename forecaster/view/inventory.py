"""What there is: VMs with their disks, file systems and interfaces, hosts, storage pools, networks, last
migrations.

A field at None or "" is not known.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_RUNS = {"running", "blocked"}  # states of a VM
_ON = _RUNS | {"", "paused"}  # those in which it takes memory; "" = not known
WHOLE_VOLUMES = ("logical", "disk")
"""Types of pools whose volumes have all of their room from the first: full, they keep no write waiting."""
WHOLE_DEVICES = ("iscsi", "iscsi-direct", "scsi", "mpath")
"""Types of pools whose volumes are there before: they are always full."""
REMOVABLE = ("cdrom", "floppy")
"""Types of disks that are drives."""
ISOLATED = "isolated"  # mode of a network
SAME = 5.0  # seconds between the ends of a migration as both hosts tell them


@dataclass(frozen=True)
class Disk:
    """A disk of a VM; bytes."""

    target_device: str
    disk_type: str = ""
    source: str = ""
    source_type: str = ""
    target_bus: str = ""
    serial: str = ""
    capacity_bytes: float | None = None  # as the guest sees it
    physical_bytes: float | None = None  # of storage that its image takes, the topmost of a chain
    chain_bytes: float | None = None  # of storage that all images of its chain take

    @property
    def is_removable(self) -> bool:
        """What is in such a drive is none of the VM's own, and may be in those of others, too."""
        return self.disk_type in REMOVABLE


@dataclass(frozen=True)
class FileSystem:
    """A file system in a guest, at a block device as the guest names it; bytes."""

    mountpoint: str
    device: str = ""
    size_bytes: float | None = None
    used_bytes: float | None = None


@dataclass(frozen=True)
class Interface:
    """A network interface of a VM."""

    target_device: str
    interface_type: str = ""
    mac_address: str = ""
    model_type: str = ""
    source_bridge: str = ""
    source_network: str = ""
    link_up: float | None = None
    mtu_bytes: float | None = None
    vlans: tuple[str, ...] = ()


@dataclass(frozen=True)
class Vm:
    """A VM at one host: while it migrates, both hosts have it. Bytes; `cpuset` in libvirt's list format."""

    instance: str
    domain: str
    provider: str = ""
    uuid: str = ""
    title: str = ""
    state: str = ""
    paused_by_error: float | None = None  # 1: libvirt paused it when a disk returned an error
    io_error: str = ""  # why its last I/O error was: enospc, other
    virtual_cpus: float | None = None
    maximum_virtual_cpus: float | None = None
    maximum_memory_bytes: float | None = None
    current_memory_bytes: float | None = None  # what its balloon leaves it
    cpuset: str = ""
    numa_nodeset: str = ""
    os_name: str = ""
    owner: str = ""
    criticality: str = ""
    maintenance_window: str = ""
    cost_centre: str = ""
    apart: tuple[str, ...] = ()  # groups whose VMs are to be on different hosts
    together: tuple[str, ...] = ()  # groups whose VMs are to be on one host
    host_devices: float | None = None
    project_name: str = ""
    flavor_name: str = ""
    lowest_free_bytes: float | None = None  # memory in the guest, over the last hour
    resident_bytes: float | None = None  # memory of its process, without huge pages
    huge_pages: float | None = None  # 1: they back its memory
    dirty_bytes_per_second: float | None = None  # of memory, measured for a second; median of a day
    lasting_dirty_bytes_per_second: float | None = None  # the same, measured for half a minute
    snapshots: float | None = None
    oldest_snapshot: float | None = None  # Unix seconds
    disks: tuple[Disk, ...] = ()
    filesystems: tuple[FileSystem, ...] = ()
    interfaces: tuple[Interface, ...] = ()

    @property
    def own_disks(self) -> tuple[Disk, ...]:
        """Without drives."""
        return tuple(each for each in self.disks if not each.is_removable)

    @property
    def on(self) -> bool:
        """Whether it takes more of its host than storage, as far as is known."""
        return self.state in _ON

    @property
    def runs(self) -> bool:
        """Whether it is known to run."""
        return self.state in _RUNS


@dataclass(frozen=True)
class Migration:
    """The last live migration of a VM from or to a host that succeeded: Unix seconds, seconds, bytes."""

    instance: str
    domain: str
    direction: str
    ended: float | None = None
    seconds: float | None = None
    downtime: float | None = None
    transferred_bytes: float | None = None
    memory_bytes: float | None = None
    constant_bytes: float | None = None  # of pages of one repeated byte
    bytes_per_second: float | None = None
    dirty_bytes_per_second: float | None = None


@dataclass(frozen=True)
class Host:
    """A host; bytes. `cluster` is the label of that name that its scrape job gives it."""

    instance: str
    provider: str = ""
    cluster: str = ""
    model: str = ""
    hypervisor: str = ""
    cpus: float | None = None
    numa_cells: str = ""
    memory_bytes: float | None = None
    devices: tuple[str, ...] = ()  # its network interfaces and bridges, without those of VMs


@dataclass(frozen=True)
class Pool:
    """A storage pool of a host; bytes, as of its last refresh."""

    instance: str
    pool: str
    provider: str = ""
    type: str = ""
    path: str = ""
    capacity_bytes: float | None = None
    allocation_bytes: float | None = None
    orphan_bytes: float | None = None  # of volumes that no VM uses

    @property
    def fills(self) -> bool:
        """Whether VMs that write fill it, as far as is known."""
        return self.type not in {*WHOLE_VOLUMES, *WHOLE_DEVICES}


@dataclass(frozen=True)
class ThinPool:
    """An LVM thin pool of a host: bytes that it has, and that its volumes have been promised."""

    instance: str
    volume_group: str
    thin_pool: str
    size_bytes: float | None = None
    virtual_bytes: float | None = None
    used_ratio: float | None = None


@dataclass(frozen=True)
class Network:
    """A libvirt network of a host. `mode` is ISOLATED for one that forwards nothing, `device` is that of the
    host which it is told to forward over; subnets are in CIDR notation.
    """

    instance: str
    network: str
    uuid: str = ""
    bridge: str = ""
    active: float | None = None
    mode: str = ""
    device: str = ""
    mtu_bytes: float | None = None
    vlans: tuple[str, ...] = ()
    subnets: tuple[str, ...] = ()
    dhcp_addresses: float | None = None
    dhcp_leases: float | None = None


@dataclass(frozen=True)
class Path:
    """The way to a host over a network (`*`: not said which), as another exporter's echo requests see it."""

    instance: str
    network: str
    loss_ratio: float | None = None
    round_trip_seconds: float | None = None


@dataclass(frozen=True)
class Inventory:
    """Everything known at Unix second `at` (0: nothing has been read), each tuple in the order of its keys.

    `missing` names the facts that could not be read.
    """

    at: int = 0
    vms: tuple[Vm, ...] = ()
    hosts: tuple[Host, ...] = ()
    pools: tuple[Pool, ...] = ()
    networks: tuple[Network, ...] = ()
    migrations: tuple[Migration, ...] = ()
    missing: tuple[str, ...] = ()
    thin_pools: tuple[ThinPool, ...] = ()
    paths: tuple[Path, ...] = ()

    @cached_property
    def keys(self) -> tuple[tuple[str, str], ...]:
        """Instance and domain of each VM, where it runs while it migrates."""
        return tuple((vm.instance, vm.domain) for vm in each_once(self.vms))

    @cached_property
    def whole_pools(self) -> frozenset[tuple[str, str]]:
        """Instance and name of each pool that VMs do not fill: its limit is no problem."""
        return frozenset((pool.instance, pool.pool) for pool in self.pools if not pool.fills)


def other_end(of: Migration, among: Iterable[Migration]) -> Migration | None:
    """The same migration as its other host tells it: the VM was there until it was here, or the reverse."""
    told = (each for each in among if each.domain == of.domain and each.direction != of.direction)
    others = (each for each in told if each.instance != of.instance)
    return next((each for each in others if abs((each.ended or 0.0) - (of.ended or 0.0)) <= SAME), None)


def without_left_copies(vms: Iterable[Vm], migrations: Iterable[Migration] = ()) -> tuple[Vm, ...]:
    """The VMs without those that are off while the same one, by its UUID, is on at another host: live
    migration leaves the definition behind if it is not told to remove it. One that is off at several hosts is
    where it arrived last, or else at the first of them.
    """
    known = tuple(vms)
    on = {vm.uuid for vm in known if vm.uuid and vm.state and vm.on}
    arrived = {(each.instance, each.domain): each.ended or 0.0 for each in _arrivals(migrations)}
    off: dict[tuple[str, str], list[Vm]] = {}
    for vm in known:
        if vm.uuid and not vm.on and vm.uuid not in on:
            off.setdefault((vm.uuid, vm.domain), []).append(vm)
    homes = {
        each: max(there, key=lambda vm: arrived.get((vm.instance, vm.domain), 0.0)).instance
        for each, there in off.items()
    }
    return tuple(vm for vm in known if vm.on or not vm.uuid or homes.get((vm.uuid, vm.domain)) == vm.instance)


def _arrivals(migrations: Iterable[Migration]) -> Iterator[Migration]:
    return (each for each in migrations if each.direction == "incoming")


def each_once(vms: Iterable[Vm]) -> tuple[Vm, ...]:
    """The VMs without those that wait while the same one, by its UUID, runs at another host: it migrates."""
    known = tuple(vms)
    running = {vm.uuid for vm in known if vm.uuid and vm.runs}
    return tuple(vm for vm in known if vm.runs or vm.uuid not in running)
