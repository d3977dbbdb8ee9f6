"""Reads the jobs of domains while they run, beside the scrapes, because job statistics may wait for a guest.

libvirt has no event for the start of a job. Migrations show by their iteration events; other jobs, and
migrations that fail early, are found by looking at a few domains each second, in turn.
"""

from __future__ import annotations

import logging
import threading
import time
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

import libvirt

from exporter.snapshot.job import Job
from exporter.snapshot.migration import Direction
from exporter.source.lanes import MOST, Lanes
from exporter.source.poller import Poller

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from exporter.source.background import Background
    from exporter.source.migrations import MigrationRecord
    from exporter.source.shared_links import SharedLinks

log = logging.getLogger(__name__)

WATCHING = 0.25  # seconds between reads of a running job
RESTING = 1.0  # seconds between searches for new jobs
LOOKS = 20  # domains per search
LONGEST_AGE = 5.0  # seconds after which a job is not shown any more: its guest may hang

# Errors by which there is no job for sure. By others, such as that of a lost connection or of a guest that
# does not answer in time, nothing is known.
_NO_JOB = frozenset((libvirt.VIR_ERR_NO_DOMAIN, libvirt.VIR_ERR_OPERATION_INVALID))


class _Found(NamedTuple):
    domain: str
    job: Job
    at: float  # monotonic


class Jobs:
    """`candidates()` are the running domains that may be asked, names by UUID.

    `stuck()` are the domains that must not be asked now, `room()` is how many of libvirtd's workers questions
    may hold. `clock` (monotonic seconds) is for tests.
    """

    def __init__(
        self,
        links: SharedLinks,
        record: MigrationRecord,
        candidates: Callable[[], Mapping[str, str]],
        background: Background,
        *,
        stuck: Callable[[], Collection[str]] = frozenset,
        room: Callable[[], int] = lambda: MOST,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._record = record
        self._candidates = candidates
        self._stuck = stuck
        self._background = background
        self._clock = clock
        self._lock = threading.Lock()
        self._found: dict[str, _Found] = {}
        self._turn: Iterator[tuple[str, str]] = iter(())
        self._next_search = 0.0  # monotonic
        self._poller = Poller("jobs", links, self._step, background, self._forget)
        self._lanes = Lanes(
            "jobs", links, self._ask, background, room=room, unreachable=self._forget, clock=clock
        )

    def start(self) -> None:
        self._poller.start()

    def stop(self) -> None:
        self._poller.stop()

    def running(self) -> Mapping[str, Job]:
        """The running jobs by the UUID of their domain, usually about a second old."""
        return {uuid: one.job for uuid, one in self._fresh().items()}

    def _fresh(self) -> dict[str, _Found]:
        """The jobs that are not too old; the others are dropped."""
        with self._lock:
            oldest = self._clock() - LONGEST_AGE
            self._found = {uuid: one for uuid, one in self._found.items() if one.at >= oldest}
            return self._found.copy()

    def _forget(self, _error: Exception) -> None:
        with self._lock:
            self._found.clear()

    def _step(self, _connection: Any) -> float:
        known = {uuid: one.domain for uuid, one in self._fresh().items()}
        wanted = {**self._search(), **known, **self._record.running()}
        stuck = self._stuck()
        self._lanes.put({uuid: name for uuid, name in wanted.items() if uuid not in stuck})
        return WATCHING if self._record.running() or known else RESTING

    def _search(self) -> dict[str, str]:
        """The domains whose turn it is."""
        now = self._clock()
        if now < self._next_search:
            return {}
        self._next_search = now + RESTING
        some = dict(islice(self._turn, LOOKS))
        if not some:
            self._turn = iter(dict(self._candidates()).items())
            some = dict(islice(self._turn, LOOKS))
        return some

    def _ask(self, domain: Any, uuid: str, name: str) -> None:
        """Note the running job of a domain, if any; it is reported to the record of migrations."""
        job = None
        try:
            job = Job.read(domain.jobStats()) if domain is not None else None
        except libvirt.libvirtError as error:
            code = error.get_error_code()
            if code == libvirt.VIR_ERR_OPERATION_INVALID and domain.isActive():
                # Only the source of a migration has statistics: this is its destination.
                self._record.began(uuid, domain.name(), Direction.INCOMING)
                self._note(uuid, name, None)
                return
            log.debug("no job statistics", extra={"domain": name, "reason": str(error)})
            if code not in _NO_JOB:
                return
        self._note(uuid, name, job)
        self._record.polled(uuid, name, job)

    def _note(self, uuid: str, name: str, job: Job | None) -> None:
        with self._lock:
            known = self._found.pop(uuid, None)
            if job is not None:
                self._found[uuid] = _Found(name, job, self._clock())
        if job is not None and known is None:
            self._poller.wake()  # it is read more often from now on
