"""Reads the control groups of domains on this machine; libvirt says where they are.

The files need no privilege. In a container, the host's /sys/fs/cgroup must be mounted.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import libvirt

from exporter.snapshot.cgroup import CGROUPS, Cgroup, partition, places, throttling
from exporter.snapshot.machine import Pressure, is_local, pressure
from exporter.source.reader import SELDOM
from exporter.source.readings.row import Remote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.source.calls import Skips
    from exporter.source.readings.row import Connection

MOUNTS = Path("/proc/self/mounts")
MOST = 4_000  # domains
_ACTIVE: int = libvirt.VIR_CONNECT_LIST_DOMAINS_ACTIVE
_PARTS = ("emulator", "vcpu", "iothread")  # the groups within a domain's, by the beginning of their names

# By connection: the folder of each domain, by UUID and ID.
_known: WeakKeyDictionary[Connection, dict[tuple[str, int], Path]] = WeakKeyDictionary()


def cgroups(connection: Connection, skips: Skips) -> tuple[Cgroup, ...]:
    """Those of running domains; none if libvirt is remote, or keeps its domains in no group of version 2."""
    root = _root() if is_local(connection.getURI()) else None
    if root is None:
        return ()
    known = _known.setdefault(connection, {})
    folders = _folders(connection, skips, root, known)
    _known[connection] = {key: folder for key, folder in folders.items() if folder is not None}
    read = (_read(uuid, folder) for (uuid, _), folder in folders.items() if folder is not None)
    return tuple(one for one in read if one is not None)


def _root() -> Path | None:
    """Where version 2 is mounted: /sys/fs/cgroup, or another folder beside version 1."""
    lines = (line.split(" ") for line in MOUNTS.read_text().splitlines())
    return next((Path(line[1]) for line in lines if line[2] == "cgroup2"), None)


def _folders(
    connection: Connection, skips: Skips, root: Path, known: dict[tuple[str, int], Path]
) -> dict[tuple[str, int], Path | None]:
    driver = connection.getType().lower()
    found = {}
    for domain in connection.listAllDomains(_ACTIVE)[:MOST]:
        key = (domain.UUIDString(), domain.ID())
        found[key] = known.get(key) or _folder(driver, domain, skips, root)
    return found


def _folder(driver: str, domain: Any, skips: Skips, root: Path) -> Path | None:
    xml = skips.answer(domain.XMLDesc)
    name = skips.answer(domain.name)
    if xml is None or name is None:
        return None
    candidates = places(driver, domain.ID(), name, partition(xml))
    return next((root / place for place in candidates if (root / place).is_dir()), None)


def _read(uuid: str, folder: Path) -> Cgroup | None:
    pressures = {
        resource: one for resource in ("cpu", "memory", "io") if (one := _pressure(folder, resource))
    }
    stats = list(_stats(folder))
    return Cgroup(uuid, pressures, throttling(stats)) if stats else None


def _pressure(folder: Path, resource: str) -> Pressure | None:
    text = _text(folder / f"{resource}.pressure")
    return pressure(text) if text else None


def _stats(folder: Path) -> Iterator[str]:
    """The `cpu.stat` files of a domain's group, and of the groups within it."""
    inner = folder / "libvirt"
    groups = [folder, inner]
    with contextlib.suppress(OSError):
        groups += [one for one in inner.iterdir() if one.name.startswith(_PARTS)]
    for group in groups:
        text = _text(group / "cpu.stat")
        if text:
            yield text


def _text(path: Path) -> str | None:
    """None if the file is missing, the domain has ended, or the kernel has pressure turned off."""
    try:
        return path.read_text()
    except OSError:
        return None


READINGS = (Remote(CGROUPS, cgroups, SELDOM),)
