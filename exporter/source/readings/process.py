"""Reads the QEMU processes of domains on this machine.

A command line proves nothing: any user can start a program with the UUID of a domain on it. What libvirt says
does: QEMU holds a write lock on the PID file that libvirt made for the domain, and /proc/locks tells whose
it is, by the PID here. Where the exporter cannot see that file, it is the control group that libvirt made for
the domain's ID. All processes are searched for it when a domain is new, and once a minute while a domain has
no process.
"""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import psutil

from exporter.snapshot.process import PROCESSES, Process, domain_number, lock_owners, uuid_of
from exporter.source.readings.row import Local

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from exporter.source.calls import Listed
    from exporter.source.readings.row import Domains

LOCKS = Path("/proc/locks")
SEARCH_AGAIN = 60.0  # seconds: a search of thousands of processes takes 0.1 s of CPU time


class Processes:
    """The processes of these domains. Not thread-safe; `clock` gives monotonic seconds."""

    def __init__(self, uri: str, domains: Domains, clock: Callable[[], float] = time.monotonic) -> None:
        self._folder = pid_files(uri)
        self._domains = domains
        self._clock = clock
        self._known: dict[str, psutil.Process] = {}
        self._searched: set[str] = set()  # the domains that the last search did not find
        self._searched_at = float("-inf")  # monotonic

    def read(self) -> tuple[Process, ...]:
        """The processes that run."""
        domains = self._domains()
        self._known = {uuid: one for uuid, one in self._known.items() if uuid in domains and one.is_running()}
        missing = {uuid: one for uuid, one in domains.items() if uuid not in self._known}
        if missing:
            self._known |= _by_lock(missing, self._folder)
            self._search({uuid: one for uuid, one in missing.items() if uuid not in self._known})
        read = (_read(domains[uuid].name, one) for uuid, one in self._known.items())
        return tuple(one for one in read if one is not None)

    def _search(self, missing: Mapping[str, Listed]) -> None:
        now = self._clock()
        if missing.keys() - self._searched or (missing and now - self._searched_at > SEARCH_AGAIN):
            found = {uuid: one for uuid, number, one in _in_groups() if _is_it(missing.get(uuid), number)}
            self._known |= found
            self._searched, self._searched_at = missing.keys() - found.keys(), now


def pid_files(uri: str) -> Path:
    """Where libvirt has the PID files of domains."""
    parts = urlsplit(uri)
    if parts.path == "/session":
        return Path(os.environ.get("XDG_RUNTIME_DIR", "/nonexistent"), "libvirt/qemu/run")
    socket = dict(parse_qsl(parts.query)).get("socket", "/run/libvirt/libvirt-sock")
    return Path(socket).parent / "qemu"


def _by_lock(domains: Mapping[str, Listed], folder: Path) -> dict[str, psutil.Process]:
    owners = lock_owners(LOCKS.read_text())
    found = {}
    for uuid, one in domains.items():
        if "/" in one.name:  # libvirt allows none
            continue
        with contextlib.suppress(OSError, ValueError, psutil.Error):  # none, not allowed, or it ended
            file = (folder / f"{one.name}.pid").stat()
            pid = owners.get((os.major(file.st_dev), os.minor(file.st_dev), file.st_ino), 0)
            if file.st_uid in (0, os.getuid()) and pid > 0:
                found[uuid] = psutil.Process(pid)
    return found


def _is_it(domain: Listed | None, number: int) -> bool:
    return domain is not None and domain.number == number


def _in_groups() -> Iterator[tuple[str, int, psutil.Process]]:
    """Processes in groups of domains, with the UUID on their command line and the ID of the domain."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            uuid = uuid_of(process.cmdline())
            number = domain_number(Path(f"/proc/{process.pid}/cgroup").read_text()) if uuid else None
            if uuid is not None and number is not None:
                yield uuid, number, process


def _read(domain: str, process: psutil.Process) -> Process | None:
    try:
        with process.oneshot():
            memory, cpu = process.memory_info(), process.cpu_times()
            io = _allowed(process.io_counters)
            return Process(
                domain, process.pid, process.create_time(), memory.rss, memory.vms, cpu.user, cpu.system,
                process.num_threads(), _allowed(process.num_fds),
                io and io.read_bytes, io and io.write_bytes,
            )  # fmt: skip
    except psutil.Error:
        return None  # it ended


def _allowed(question: Callable[[], Any]) -> Any:
    """None if the exporter's user may not read it."""
    try:
        return question()
    except psutil.AccessDenied:
        return None


READINGS = (Local(PROCESSES, lambda uri, domains: Processes(uri, domains).read),)
