"""The calls that pools, volumes, networks and the node are read with, as functions of a connection."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import libvirt

from exporter.snapshot.network import Network, bridge, leases
from exporter.snapshot.node import Cell, Node
from exporter.snapshot.storage import Pool, Volume, Volumes
from exporter.snapshot.units import KIB

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Connection = Any  # libvirt.virConnect

log = logging.getLogger(__name__)

MOST = 1_000  # pools, networks, leases of a network, cells
MOST_VOLUMES = 2_000
PAGE_SIZES = (4, 64, 2_048, 1_048_576)  # KiB
_page_sizes: WeakKeyDictionary[Connection, list[int]] = WeakKeyDictionary()  # those a host has not refused


def pools(connection: Connection) -> tuple[Pool, ...]:
    """All pools. Nothing is refreshed: libvirt tells what it remembers, and touches no storage."""
    found = (_pool(pool) for pool in connection.listAllStoragePools()[:MOST])
    return tuple(pool for pool in found if pool is not None)


def _pool(pool: Any) -> Pool | None:
    try:
        info, active = tuple(pool.info()), bool(pool.isActive())
        return Pool.read(pool.XMLDesc(), info, active=active, autostart=bool(pool.autostart()))
    except libvirt.libvirtError as error:
        _gone(error)
        return None


def volumes(connection: Connection) -> Volumes:
    """The volumes of active pools. Libvirt looks at each one's file or device: dead storage hangs here."""
    flag = libvirt.VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE
    every = [(pool.name(), vol) for pool in connection.listAllStoragePools(flag) for vol in _listed(pool)]
    shown = (_volume(pool, volume) for pool, volume in every[:MOST_VOLUMES])
    return Volumes(tuple(one for one in shown if one is not None), max(0, len(every) - MOST_VOLUMES))


def _listed(pool: Any) -> Iterator[Any]:
    try:
        yield from pool.listAllVolumes()
    except libvirt.libvirtError as error:
        _gone(error)


def _volume(pool: str, volume: Any) -> Volume | None:
    try:
        _, capacity, allocation = volume.info()
        return Volume(pool, volume.name(), capacity, allocation)
    except libvirt.libvirtError as error:
        _gone(error)
        return None


def networks(connection: Connection) -> tuple[Network, ...]:
    """All virtual networks, with the leases of those whose DHCP server libvirt runs."""
    found = (_network(network) for network in connection.listAllNetworks()[:MOST])
    return tuple(network for network in found if network is not None)


def _network(network: Any) -> Network | None:
    try:
        active = bool(network.isActive())
        given = _answer(network.DHCPLeases) if active else None
        return Network(
            network.name(), network.UUIDString(), active, bool(network.autostart()),
            bool(network.isPersistent()), bridge(network.XMLDesc()),
            None if given is None else leases(given)[:MOST],
        )  # fmt: skip
    except libvirt.libvirtError as error:
        _gone(error)
        return None


def node(connection: Connection) -> Node:
    """The host's processors and memory; drivers tell more or less of it."""
    info = connection.getInfo()
    cpu = _answer(connection.getCPUStats, libvirt.VIR_NODE_CPU_STATS_ALL_CPUS, 0)
    memory = _answer(connection.getMemoryStats, libvirt.VIR_NODE_MEMORY_STATS_ALL_CELLS, 0)
    free = _answer(connection.getCellsFreeMemory, 0, min(info[4], MOST)) or ()
    pages = _free_pages(connection, len(free))
    cells = tuple(Cell(n, size, _cell_total(connection, n), pages[n]) for n, size in enumerate(free))
    return Node.read(info, cpu or {}, memory or {}, cells)


def _cell_total(connection: Connection, number: int) -> float | None:
    memory = _answer(connection.getMemoryStats, number, 0)
    return memory["total"] / KIB if memory and "total" in memory else None


def _free_pages(connection: Connection, cells: int) -> list[dict[int, int]]:
    """By cell: free pages by size in bytes. A refused size is not asked for again: daemons log refusals."""
    found: list[dict[int, int]] = [{} for _ in range(cells)]
    sizes = _page_sizes.setdefault(connection, list(PAGE_SIZES)) if cells else []
    for size in sizes.copy():
        answer = _answer(connection.getFreePages, [size], 0, cells)
        if answer is None:
            sizes.remove(size)
        for number, counts in (answer or {}).items():
            found[number] |= {int(size / KIB): count for count in counts.values()}
    return found


def watch_storage(connection: Connection, changed: Callable[[], None]) -> list[Callable[[], object]]:
    """Call `changed` when a pool is started, stopped, refreshed or defined; gives what ends that."""
    register, deregister = connection.storagePoolEventRegisterAny, connection.storagePoolEventDeregisterAny
    kinds = (libvirt.VIR_STORAGE_POOL_EVENT_ID_LIFECYCLE, libvirt.VIR_STORAGE_POOL_EVENT_ID_REFRESH)
    numbers = [_answer(register, None, kind, lambda *_: changed(), None) for kind in kinds]
    return [partial(deregister, number) for number in numbers if number is not None]


def watch_networks(connection: Connection, changed: Callable[[], None]) -> list[Callable[[], object]]:
    """Call `changed` when a network is started, stopped or defined; gives what ends that."""
    register, deregister = connection.networkEventRegisterAny, connection.networkEventDeregisterAny
    number = _answer(register, None, libvirt.VIR_NETWORK_EVENT_ID_LIFECYCLE, lambda *_: changed(), None)
    return [] if number is None else [partial(deregister, number)]


def _answer(question: Callable[..., Any], *arguments: Any) -> Any:
    """None where the driver or the object has no answer."""
    try:
        return question(*arguments)
    except libvirt.libvirtError as error:
        _gone(error)
        return None


def _gone(error: libvirt.libvirtError) -> None:
    """It was removed since it was listed, or its driver cannot say."""
    log.debug("not to be had", extra={"reason": str(error)})
