"""Looks at jobs while they run; on its own connection, never within a scrape, as job statistics may wait.

Libvirt has no event for the beginning of a job. Migrations announce themselves by iterations; other jobs, and
migrations that fail before, are found by looking at a few domains each second, in turn.
"""

from __future__ import annotations

import logging
import threading
import time
from itertools import islice
from typing import TYPE_CHECKING, Any

import libvirt

from exporter.snapshot.job import Direction, Job
from exporter.source.calls import Handles
from exporter.source.connection import Link, Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from exporter.source.migrations import MigrationRecord

log = logging.getLogger(__name__)

WATCHING = 0.25  # seconds between looks at a running job
RESTING = 1.0  # seconds between looks for new ones
LOOKS = 20  # domains looked at each time
LONGEST_PAUSE = 10.0  # seconds between attempts to reach libvirt


class Jobs:
    """A thread. `candidates()` names the running domains by UUID that may be asked."""

    def __init__(
        self, uri: str, record: MigrationRecord, candidates: Callable[[], Mapping[str, str]]
    ) -> None:
        self._link = Link(uri)
        self._record = record
        self._candidates = candidates
        self._handles = Handles()
        self._running: dict[str, Job] = {}
        self._turn: Iterator[tuple[str, str]] = iter(())
        self._next_search = 0.0
        self._stopping = threading.Event()

    def start(self) -> None:
        """Begin to look."""
        threading.Thread(target=self._run, name="libvirt-jobs", daemon=True).start()

    def stop(self) -> None:
        """End the thread soon."""
        self._stopping.set()

    def running(self) -> Mapping[str, Job]:
        """The jobs that run, by the UUID of their domain, not older than a second or so."""
        return self._running

    def _run(self) -> None:
        pause = 0.0
        while not self._stopping.wait(pause):
            try:
                self._look(self._link.get())
            except Unreachable:
                self._running = {}
                pause = min(2 * max(pause, WATCHING), LONGEST_PAUSE)
                continue
            except Exception:
                log.exception("jobs could not be looked at")
            pause = WATCHING if self._record.running() or self._running else RESTING

    def _look(self, connection: Any) -> None:
        watched = {**dict.fromkeys(self._running, ""), **self._record.running()}
        looked = {**self._search(), **watched}
        found = {}
        for uuid, name in looked.items():
            job = self._job(connection, uuid, name)
            if job is not None:
                found[uuid] = job
        self._running = found

    def _search(self) -> dict[str, str]:
        """The domains whose turn it is."""
        now = time.monotonic()
        if now < self._next_search:
            return {}
        self._next_search = now + RESTING
        some = dict(islice(self._turn, LOOKS))
        if not some:
            self._turn = iter(dict(self._candidates()).items())
            some = dict(islice(self._turn, LOOKS))
        return some

    def _job(self, connection: Any, uuid: str, name: str) -> Job | None:
        """The job that runs on the domain, if any; the record of migrations hears of it."""
        job = None
        for domain in self._handles.of(connection, (uuid,)):
            try:
                job = Job.read(domain.jobStats())
            except libvirt.libvirtError as error:
                if error.get_error_code() == libvirt.VIR_ERR_OPERATION_INVALID and domain.isActive():
                    # The statistics of a migration are the source's: this is the destination.
                    self._record.began(uuid, domain.name(), Direction.INCOMING)
                    return None
                log.debug("no job statistics", extra={"domain": name, "reason": str(error)})
        self._record.polled(uuid, name, job)
        return job
