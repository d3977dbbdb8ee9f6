"""Reads the jobs of domains while they run, beside the scrapes, because job statistics may wait for a guest.

libvirt has no event for the start of a job. Migrations show by their iteration events; other jobs, and
migrations that fail early, are found by looking at a few domains each second, in turn.
"""

from __future__ import annotations

import logging
import time
from itertools import islice
from typing import TYPE_CHECKING, Any

import libvirt

from exporter.snapshot.job import Job
from exporter.snapshot.migration import Direction
from exporter.source.calls import Handles
from exporter.source.poller import Poller

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from exporter.source.background import Background
    from exporter.source.migrations import MigrationRecord
    from exporter.source.shared_links import SharedLinks

log = logging.getLogger(__name__)

WATCHING = 0.25  # seconds between reads of a running job
RESTING = 1.0  # seconds between searches for new jobs
LOOKS = 20  # domains per search


class Jobs:
    """`candidates()` are the running domains that may be asked, names by UUID."""

    def __init__(
        self,
        links: SharedLinks,
        record: MigrationRecord,
        candidates: Callable[[], Mapping[str, str]],
        background: Background,
    ) -> None:
        self._record = record
        self._candidates = candidates
        self._background = background
        self._handles = Handles()
        self._running: dict[str, Job] = {}
        self._turn: Iterator[tuple[str, str]] = iter(())
        self._next_search = 0.0  # monotonic
        self._poller = Poller("jobs", links, self._step, background, self._forget)

    def start(self) -> None:
        self._poller.start()

    def stop(self) -> None:
        self._poller.stop()

    def running(self) -> Mapping[str, Job]:
        """The running jobs by the UUID of their domain, about a second old at most."""
        return self._running

    def _forget(self, _error: Exception) -> None:
        self._running = {}

    def _step(self, connection: Any) -> float:
        watched = {**dict.fromkeys(self._running, ""), **self._record.running()}
        found = {}
        for uuid, name in {**self._search(), **watched}.items():
            job = self._job(connection, uuid, name)
            if job is not None:
                found[uuid] = job
        self._running = found
        return WATCHING if self._record.running() or found else RESTING

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
        """The running job of a domain, if any; it is reported to the record of migrations."""
        job = None
        for domain in self._handles.of(connection, (uuid,)):
            try:
                job = Job.read(domain.jobStats())
            except libvirt.libvirtError as error:
                if error.get_error_code() == libvirt.VIR_ERR_OPERATION_INVALID and domain.isActive():
                    # Only the source of a migration has statistics: this is its destination.
                    self._record.began(uuid, domain.name(), Direction.INCOMING)
                    return None
                log.debug("no job statistics", extra={"domain": name, "reason": str(error)})
            except Exception:  # noqa: BLE001 (whatever it is, it costs the job of this domain only)
                self._background.failed("jobs")
        self._record.polled(uuid, name, job)
        return job
