"""The record of backup jobs, from events of completed jobs."""

from __future__ import annotations

import threading
import time
from collections import Counter, OrderedDict
from typing import TYPE_CHECKING, Any

from exporter.snapshot.backup import RESULTS, Backup, Backups
from exporter.snapshot.job import Job

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

REMEMBERED = 1000  # last backups, by domain and result
CANCELLED = "cancel"  # in the error of a job that was cancelled; the event has no other sign of it


class BackupRecord:
    """Counts backups. `clock` gives Unix time. May be used from several threads."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._counts = Counter(dict.fromkeys(RESULTS, 0))
        self._last: OrderedDict[tuple[str, str], Backup] = OrderedDict()

    def completed(self, uuid: str, domain: str, raw: Mapping[str, Any]) -> None:
        """The event of a completed job; jobs that are not backups are ignored."""
        job = Job.read(raw)
        if job is None or job.operation != "backup":
            return
        result = _result(job)
        with self._lock:
            self._counts[result] += 1
            self._last[uuid, result] = Backup(uuid, domain, result, self._clock(), job)
            self._last.move_to_end((uuid, result))
            if len(self._last) > REMEMBERED:
                self._last.popitem(last=False)

    def read(self) -> Backups:
        """The counts and last backups so far."""
        with self._lock:
            return Backups(dict(self._counts), tuple(self._last.values()))


def _result(job: Job) -> str:
    """In pull mode the client ends a backup by cancelling the job, which libvirt reports as a success."""
    if job.success is not False:
        return "success"
    return "cancelled" if CANCELLED in (job.error or "").lower() else "failed"
