"""Finds the QEMU processes of this machine's domains and reads them by psutil.

Libvirt tells process ids in files only root reads, and of its own PID namespace; the UUID on QEMU's command
line is the same everywhere. All processes are looked through when a domain is new, and now and then while one
has no process that is found.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import psutil

from exporter.snapshot.process import Process, uuid_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SEARCH_AGAIN = 60.0  # seconds: with thousands of processes a search is a tenth of a second of CPU


class Processes:
    """`domains()` gives the names of the running domains by UUID. Used by one thread."""

    def __init__(self, domains: Callable[[], Mapping[str, str]]) -> None:
        self._domains = domains
        self._known: dict[str, psutil.Process] = {}
        self._searched: set[str] = set()  # for these domains in vain
        self._searched_at = float("-inf")  # monotonic

    def read(self) -> tuple[Process, ...]:
        """The processes that are found and still run."""
        domains = self._domains()
        self._known = {uuid: one for uuid, one in self._known.items() if uuid in domains and one.is_running()}
        self._search(domains.keys() - self._known.keys())
        read = (_read(domains[uuid], one) for uuid, one in self._known.items())
        return tuple(one for one in read if one is not None)

    def _search(self, missing: set[str]) -> None:
        now = time.monotonic()
        if missing - self._searched or (missing and now - self._searched_at > SEARCH_AGAIN):
            found = {uuid: one for uuid, one in _running() if uuid in missing}
            self._known |= found
            self._searched, self._searched_at = missing - found.keys(), now


def _running() -> list[tuple[str, psutil.Process]]:
    found = []
    for process in psutil.process_iter():
        try:
            uuid = uuid_of(process.cmdline())
        except psutil.Error:
            continue
        if uuid is not None:
            found.append((uuid, process))
    return found


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
        return None  # it has ended


def _allowed(question: Callable[[], Any]) -> Any:
    """None where another user's process keeps it to itself."""
    try:
        return question()
    except psutil.AccessDenied:
        return None
