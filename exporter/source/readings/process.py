"""Reads the QEMU processes of domains on this machine by psutil.

A process is found by the UUID on QEMU's command line. libvirt has its PID in files that only root may read,
and it is the PID in libvirt's own namespace. All processes are searched when a domain is new, and once a
minute while a domain has no process.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import psutil

from exporter.snapshot.process import PROCESSES, Process, uuid_of
from exporter.source.readings.row import Local

if TYPE_CHECKING:
    from collections.abc import Callable

    from exporter.source.readings.row import Domains

SEARCH_AGAIN = 60.0  # seconds: a search of thousands of processes takes 0.1 s of CPU time


class Processes:
    """The processes of these domains. Not thread-safe; `clock` gives monotonic seconds."""

    def __init__(self, domains: Domains, clock: Callable[[], float] = time.monotonic) -> None:
        self._domains = domains
        self._clock = clock
        self._known: dict[str, psutil.Process] = {}
        self._searched: set[str] = set()  # the domains that the last search did not find
        self._searched_at = float("-inf")  # monotonic

    def read(self) -> tuple[Process, ...]:
        """The processes that run."""
        domains = self._domains()
        self._known = {uuid: one for uuid, one in self._known.items() if uuid in domains and one.is_running()}
        self._search(domains.keys() - self._known.keys())
        read = (_read(domains[uuid], one) for uuid, one in self._known.items())
        return tuple(one for one in read if one is not None)

    def _search(self, missing: set[str]) -> None:
        now = self._clock()
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
        return None  # it ended


def _allowed(question: Callable[[], Any]) -> Any:
    """None if the exporter's user may not read it."""
    try:
        return question()
    except psutil.AccessDenied:
        return None


READINGS = (Local(PROCESSES, lambda domains: Processes(domains).read),)
