"""Reads which volumes of local storage pools no defined domain uses.

A volume is used if the XML of a domain (as it runs, or as it is defined) or of a snapshot names it, if it
backs a volume that is used, or if the host itself has it mounted, swaps to it, or has mapped it.

Where /dev is not the host's, some names of a device may not be found: then it is left out, and no orphan.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import libvirt

from exporter.snapshot.machine import is_local
from exporter.snapshot.orphan import LOCAL_POOLS, ORPHANS, Examined, Orphan, Orphans, used
from exporter.source.devices import BLOCK_DEVICES, Devices
from exporter.source.reader import RARELY
from exporter.source.readings.row import Remote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from exporter.source.calls import Skips
    from exporter.source.readings.row import Connection

    Resolve = Callable[[str], str]

MOST_VOLUMES = 10_000  # if there are more, none is examined: what backs a volume left out would seem unused

HOSTS_OWN = (Path("/proc/self/mounts"), Path("/proc/swaps"))  # the first word of each line is a device
_ACTIVE: int = libvirt.VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE
_HAS_SNAPSHOT: int = libvirt.VIR_CONNECT_LIST_DOMAINS_HAS_SNAPSHOT
_TYPE = re.compile("<pool type='([^']*)'")


class _Volume(NamedTuple):
    pool: str
    name: str
    volume: Any  # libvirt.virStorageVol
    path: str
    paths: frozenset[str]  # the names under which it may be used


def orphans(connection: Connection, skips: Skips) -> Orphans:
    """Those of active pools. libvirt looks at the file or device of each volume: dead storage blocks here.

    A domain whose XML cannot be read might use any volume: then none is examined.
    """
    here = Devices.read() if is_local(connection.getURI()) else None
    resolve: Resolve = here.real if here else str
    listed = (skips.answer(_local, pool) for pool in connection.listAllStoragePools(_ACTIVE))
    pools = [one for one in listed if one is not None]
    volumes = [one for name, pool in pools for one in _volumes(name, pool, skips, resolve)]
    before = skips.count
    texts = list(_domains(connection, skips))
    if len(volumes) > MOST_VOLUMES or skips.count > before:
        return Orphans(left_out=len(volumes))
    names = used(texts) | (_hosts_own() if here else set())
    in_use = names | {resolve(name) for name in names if name.startswith("/")}
    unused = list(_unused(volumes, in_use, skips, resolve))
    unclear = _unclear(unused, names, here) if here else set()
    found = [Orphan(one.pool, one.name, seen.allocation) for one, seen in unused if one not in unclear]
    by_pool = ((name, tuple(one for one in found if one.pool == name)) for name, _ in pools)
    return Orphans(tuple(by_pool), left_out=len(unclear))


def _local(pool: Any) -> tuple[str, Any] | None:
    """A pool with its name; None if its type is not one of LOCAL_POOLS."""
    found = _TYPE.search(pool.XMLDesc())
    return (pool.name(), pool) if found and found[1] in LOCAL_POOLS else None


def _volumes(pool: str, listing: Any, skips: Skips, resolve: Resolve) -> Iterator[_Volume]:
    for volume in skips.answer(listing.listAllVolumes) or ():
        named = skips.answer(lambda volume=volume: (volume.path(), volume.name()))
        if named is not None:
            path, name = named
            yield _Volume(pool, name, volume, path, frozenset((path, resolve(path), f"{pool}/{name}")))


def _domains(connection: Connection, skips: Skips) -> Iterator[str]:
    """The XML of every domain and snapshot, also of domains that the settings exclude."""
    for domain in connection.listAllDomains():
        for flags in (0, libvirt.VIR_DOMAIN_XML_INACTIVE):
            yield skips.answer(domain.XMLDesc, flags) or ""
    for domain in connection.listAllDomains(_HAS_SNAPSHOT):
        for snapshot in skips.answer(domain.listAllSnapshots) or ():
            yield skips.answer(snapshot.getXMLDesc) or ""


def _hosts_own() -> set[str]:
    """Devices that the host has mounted or swaps to."""
    lines = (line for path in HOSTS_OWN if path.exists() for line in path.read_text().splitlines())
    return {line.split(maxsplit=1)[0] for line in lines if line.startswith("/")}


def _is_container() -> bool:
    """Whether the mounts are a container's: its root is an overlay. A unit has the host's."""
    lines = (
        line.split() for path in HOSTS_OWN[:1] if path.exists() for line in path.read_text().splitlines()
    )
    return any(mount == "/" and "overlay" in kind for _, mount, kind, *_ in lines)


def _unused(
    volumes: Iterable[_Volume], in_use: set[str], skips: Skips, resolve: Resolve
) -> Iterator[tuple[_Volume, Examined]]:
    examined = {one: skips.answer(_examined, one) for one in volumes}
    _add_backing(examined, in_use, resolve)
    for one, seen in examined.items():
        if seen is not None and seen.is_image and not one.paths & in_use and not _is_mapped(one):
            yield one, seen


def _unclear(unused: Iterable[tuple[_Volume, Examined]], names: set[str], here: Devices) -> set[_Volume]:
    """In a container all devices, as the host's mounts are not seen; elsewhere those that /dev does not show,
    if /sys does not tell them either, or not all that are named.
    """
    devices = {one for one, seen in unused if seen.type == "block"}
    if _is_container():
        return devices
    hidden = {one for one in devices if not Path(one.path).exists()}
    if hidden and any(here.may_be_storage(name) and not here.knows(name) for name in names):
        return hidden
    return {one for one in hidden if not here.knows(one.path)}


def _examined(one: _Volume) -> Examined:
    return Examined.read(one.volume.XMLDesc())


def _add_backing(examined: dict[_Volume, Examined | None], in_use: set[str], resolve: Resolve) -> None:
    """Add what backs a used volume, down the chains."""
    backing = {one: seen.backing for one, seen in examined.items() if seen is not None and seen.backing}
    added = True
    while added:
        below = {path for one, path in backing.items() if one.paths & in_use}
        below |= {resolve(path) for path in below}
        added = not below <= in_use
        in_use |= below


def _is_mapped(one: _Volume) -> bool:
    """Whether another device of the host stands on it, such as LUKS or a RAID."""
    holders = (BLOCK_DEVICES / Path(path).name / "holders" for path in one.paths if path.startswith("/dev/"))
    return any(folder.is_dir() and any(folder.iterdir()) for folder in holders)


READINGS = (Remote(ORPHANS, orphans, RARELY),)
