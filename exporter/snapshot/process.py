"""QEMU processes of domains, as the host's kernel reports them; seconds and bytes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from exporter.snapshot.need import Reading

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Process:
    """The process of a domain; None for what the exporter's user may not read."""

    domain: str
    pid: int
    start_time: float
    resident: float
    virtual: float
    user: float
    system: float
    threads: int
    descriptors: int | None = None
    read_bytes: float | None = None
    write_bytes: float | None = None


PROCESSES: Reading[tuple[Process, ...]] = Reading("processes")


# Slices, then the scope that systemd's machined made for libvirt; or libvirt's own folders without systemd. A
# user's own groups are below a service, or not at the root.
_SCOPES = (
    re.compile(r"(?:/[^/]+\.slice)+/machine-qemu\\x2d(\d+)\\x2d[^/]*\.scope(?:/.*)?"),
    re.compile(r"/machine(?:/[^/]+\.partition)*/qemu-(\d+)-[^/]*\.libvirt-qemu(?:/.*)?"),
)


def lock_owners(locks: str) -> dict[tuple[int, int, int], int]:
    """From /proc/locks: the PID that holds the write lock of a file, by major and minor device and inode."""
    owners = {}
    for line in locks.splitlines():
        fields = line.split()
        if len(fields) == 8 and fields[1:4:2] == ["POSIX", "WRITE"]:
            major, minor, inode = fields[5].split(":")
            owners[int(major, 16), int(minor, 16), int(inode)] = int(fields[4])
    return owners


def domain_number(cgroups: str) -> int | None:
    """From /proc/PID/cgroup: the ID of the domain for which libvirt made the group; None if there is none."""
    for line in cgroups.splitlines():
        path = line.split(":", 2)[-1]
        for scope in _SCOPES:
            if found := scope.fullmatch(path):
                return int(found[1])
    return None


def uuid_of(command: Sequence[str]) -> str | None:
    """The UUID of the domain, from QEMU's command line; None for other programs."""
    if not command or not ("qemu" in command[0] or "kvm" in command[0]):
        return None
    try:
        return command[command.index("-uuid") + 1]
    except (ValueError, IndexError):
        return None
