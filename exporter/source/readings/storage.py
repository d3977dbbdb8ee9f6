"""Reads storage pools and volumes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import libvirt

from exporter.snapshot.storage import POOLS, VOLUMES, Pool, Volume, Volumes
from exporter.source.calls import Skips, answer
from exporter.source.reader import SELDOM
from exporter.source.readings.row import Remote

if TYPE_CHECKING:
    from collections.abc import Callable

    from exporter.source.readings.row import Connection, Undo

MOST_POOLS = 1_000
MOST_VOLUMES = 2_000


def pools(connection: Connection, skips: Skips) -> tuple[Pool, ...]:
    """All pools, as of their last refresh: nothing is refreshed, and no storage is touched."""
    found = (skips.answer(_pool, pool) for pool in connection.listAllStoragePools()[:MOST_POOLS])
    return tuple(pool for pool in found if pool is not None)


def _pool(pool: Any) -> Pool:
    info, active = tuple(pool.info()), bool(pool.isActive())
    return Pool.read(pool.XMLDesc(), info, active=active, autostart=bool(pool.autostart()))


def volumes(connection: Connection, skips: Skips) -> Volumes:
    """The volumes of active pools. libvirt looks at the file or device of each: dead storage blocks here."""
    active = connection.listAllStoragePools(libvirt.VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE)
    listed = (skips.answer(_listed, pool) or () for pool in active)
    every = [one for each in listed for one in each]
    shown = (skips.answer(_volume, *one) for one in every[:MOST_VOLUMES])
    return Volumes(tuple(one for one in shown if one is not None), max(0, len(every) - MOST_VOLUMES))


def _listed(pool: Any) -> list[tuple[str, Any]]:
    name = pool.name()
    return [(name, volume) for volume in pool.listAllVolumes()]


def _volume(pool: str, volume: Any) -> Volume:
    _, capacity, allocation = volume.info()
    return Volume(pool, volume.name(), capacity, allocation)


def watch(connection: Connection, changed: Callable[[], None]) -> list[Undo]:
    """Call `changed` when a pool is started, stopped, refreshed or defined."""
    register, deregister = connection.storagePoolEventRegisterAny, connection.storagePoolEventDeregisterAny
    kinds = (libvirt.VIR_STORAGE_POOL_EVENT_ID_LIFECYCLE, libvirt.VIR_STORAGE_POOL_EVENT_ID_REFRESH)
    numbers = [answer(register, None, kind, lambda *_: changed(), None) for kind in kinds]
    return [partial(deregister, number) for number in numbers if number is not None]


READINGS = (Remote(POOLS, pools, SELDOM, watch), Remote(VOLUMES, volumes, SELDOM, watch))
