"""Reads how full the file systems with the folders of local storage pools are.

libvirt measures a pool when it is refreshed, which it is at its start and when somebody asks for it: thin
images grow without. Nothing is refreshed here, for a refresh opens every image. Pools on network file
systems are left out: a server that is gone would hold the reading for all others.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import libvirt

from exporter.snapshot.machine import is_local
from exporter.snapshot.storage import POOL_FILESYSTEMS, Pool, PoolFilesystem
from exporter.source.reader import SELDOM
from exporter.source.readings.row import Remote

if TYPE_CHECKING:
    from collections.abc import Mapping

    from exporter.source.calls import Skips
    from exporter.source.readings.row import Connection

MOUNTS = Path("/proc/self/mounts")
MOST = 1_000  # pools
FOLDERS = frozenset(("dir", "fs"))  # types of pools that are a folder of this machine
# Types of file systems that another machine has, or a program; a look at autofs mounts one.
REMOTE = (
    "nfs", "cifs", "smb", "ceph", "gluster", "lustre", "9p", "afs", "gfs", "ocfs", "fuse", "virtiofs",
    "autofs", "beegfs",
)  # fmt: skip
LINKS = 40  # that the kernel follows at most
_ACTIVE: int = libvirt.VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE


def pool_filesystems(connection: Connection, skips: Skips) -> tuple[PoolFilesystem, ...]:
    """Those of active pools of this machine; a disk that does not answer blocks here."""
    if not is_local(connection.getURI()):
        return ()
    types = _mounted()
    listed = connection.listAllStoragePools(_ACTIVE)[:MOST]
    found = (skips.answer(_filesystem, pool, types) for pool in listed)
    return tuple(one for one in found if one is not None)


def _filesystem(handle: Any, types: Mapping[str, str]) -> PoolFilesystem | None:
    """None if the pool is no folder, or this program does not see its file system.

    In a container or a sandbox another one may be at the same path: libvirt knows the size.
    """
    pool = Pool.read(handle.XMLDesc(), tuple(handle.info()), active=True, autostart=False)
    seen = _seen(pool.path, types) if pool.type in FOLDERS else None
    if seen is None:
        return None
    size, free, available = (
        blocks * seen.f_frsize for blocks in (seen.f_blocks, seen.f_bfree, seen.f_bavail)
    )
    return PoolFilesystem(pool.name, size, free, available) if size == pool.capacity else None


def _seen(path: str, types: Mapping[str, str]) -> os.statvfs_result | None:
    try:
        return os.statvfs(path) if _is_here(path, types) else None
    except OSError:
        return None


def _mounted() -> dict[str, str]:
    """The types of file systems by mount point; of several at one point the last is seen."""
    lines = (line.split(" ") for line in MOUNTS.read_text(errors="surrogateescape").splitlines())
    return {_unescaped(point): kind for _, point, kind, *_ in lines}


def _unescaped(point: str) -> str:
    """A mount point as it is: the kernel writes blanks and backslashes as three octal digits."""
    return re.sub(r"\\([0-7]{3})", lambda digits: chr(int(digits[1], 8)), point)


def _is_here(path: str, types: Mapping[str, str], links: int = LINKS) -> bool:
    """Whether a folder is on a file system of this machine, where links on the way to it lead. Nothing on
    another one is looked at.
    """
    for folder in reversed((Path(path), *Path(path).parents)):
        if not _type(folder, types).startswith(REMOTE) and folder.is_symlink():
            to = os.path.normpath(folder.parent / folder.readlink() / Path(path).relative_to(folder))
            return links > 0 and _is_here(to, types, links - 1)
    return not _type(Path(path), types).startswith(REMOTE)


def _type(path: Path, types: Mapping[str, str]) -> str:
    """The type of the file system at a path, without a look at the path."""
    above = (str(folder) for folder in (path, *path.parents))
    return next((types[folder] for folder in above if folder in types), "")


READINGS = (Remote(POOL_FILESYSTEMS, pool_filesystems, SELDOM),)
