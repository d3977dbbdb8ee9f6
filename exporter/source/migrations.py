"""The record of live migrations, at both ends, from events and job statistics as plain values.

What a read-only client learns from libvirt (9.0, QEMU):
- source, success: an event with the job's final statistics, after the domain stopped with the detail
  "migrated"; QEMU tells the dirty rate only while it runs, so the highest one that was polled is kept;
- source, failure or cancellation: no event and no record. The job, known from its iterations or from polling,
  disappears and the domain keeps running. While a peer-to-peer migration is cleaned up, its statistics say
  "cancelled" or "failed"; if they disappear before they are read, the migration counts as failed;
- destination: the domain starts with the detail "migrated", then resumes (success; the statistics are kept)
  or stops (failure).

If the connection is interrupted meanwhile, the event of the end may be lost. Then the state of the domain
tells how the migration ended: of one that is gone from its destination nothing is known, and none counts.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, OrderedDict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import libvirt

from exporter.metric import Histogram
from exporter.snapshot.job import Job
from exporter.snapshot.migration import NO_MIGRATIONS, Direction, Migration, Migrations, Result

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Raw = Mapping[str, Any]

STARTED_BY_MIGRATION = (libvirt.VIR_DOMAIN_EVENT_STARTED, libvirt.VIR_DOMAIN_EVENT_STARTED_MIGRATED)
STOPPED_AS_MIGRATED = (libvirt.VIR_DOMAIN_EVENT_STOPPED, libvirt.VIR_DOMAIN_EVENT_STOPPED_MIGRATED)
RESUMED_AFTER_MIGRATION = (libvirt.VIR_DOMAIN_EVENT_RESUMED, libvirt.VIR_DOMAIN_EVENT_RESUMED_MIGRATED)
MAY_HAVE_ARRIVED = (libvirt.VIR_DOMAIN_EVENT_RESUMED, libvirt.VIR_DOMAIN_EVENT_SUSPENDED)

# States (virDomainState, reason) of a domain at this end while its migration is under way.
UNDER_WAY = (
    (libvirt.VIR_DOMAIN_RUNNING, libvirt.VIR_DOMAIN_RUNNING_POSTCOPY),
    (libvirt.VIR_DOMAIN_RUNNING, libvirt.VIR_DOMAIN_RUNNING_POSTCOPY_FAILED),
    (libvirt.VIR_DOMAIN_PAUSED, libvirt.VIR_DOMAIN_PAUSED_MIGRATION),
    (libvirt.VIR_DOMAIN_PAUSED, libvirt.VIR_DOMAIN_PAUSED_POSTCOPY),
    (libvirt.VIR_DOMAIN_PAUSED, libvirt.VIR_DOMAIN_PAUSED_POSTCOPY_FAILED),
    (libvirt.VIR_DOMAIN_PAUSED, libvirt.VIR_DOMAIN_PAUSED_STARTING_UP),
)
HAS_LEFT = (libvirt.VIR_DOMAIN_SHUTOFF, libvirt.VIR_DOMAIN_SHUTOFF_MIGRATED)
OFF = (libvirt.VIR_DOMAIN_SHUTOFF, libvirt.VIR_DOMAIN_CRASHED)

SETTLE = 2.0  # seconds to wait for the success event of a job that disappeared
ARRIVAL = 10.0  # seconds to wait for the statistics of a migration whose domain runs here
REMEMBERED = 1000  # domains whose last migration is kept

_SECONDS = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600)
_PAUSES = (0.01, 0.03, 0.1, 0.2, 0.3, 0.5, 1, 2, 5, 10, 30)
_BYTES = tuple(2.0**power for power in range(26, 41, 2))  # 64 MiB to 1 TiB


@dataclass(slots=True)
class _Outgoing:
    domain: str
    job: Job | None = None
    dirty_rate: float | None = None  # the highest one: pages written again within a pass count once
    gone_at: float | None = None  # when its statistics disappeared
    left: bool = False  # the domain stopped with the detail "migrated"
    missed: bool = False  # events of it may have been


@dataclass(slots=True)
class _Incoming:
    domain: str
    arriving_since: float | None = None  # when an event first suggested that it arrived
    runs: bool = False  # the event says that it runs here
    missed: bool = False  # events of it may have been
    gone: bool = False  # it is not here, or off


class MigrationRecord:
    """Counts migrations. `clock` gives Unix time. May be used from several threads."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._outgoing: dict[str, _Outgoing] = {}
        self._incoming: dict[str, _Incoming] = {}
        self._counts = Counter(NO_MIGRATIONS)
        self._durations = {direction: Histogram(_SECONDS) for direction in Direction}
        self._downtimes = {direction: Histogram(_PAUSES) for direction in Direction}
        self._transferred = {direction: Histogram(_BYTES) for direction in Direction}
        self._last: OrderedDict[tuple[str, Direction], Migration] = OrderedDict()

    def began(self, uuid: str, domain: str, direction: Direction) -> None:
        """A migration is known to run."""
        with self._lock:
            last = self._last.get((domain, direction))
            if last is not None and last.uuid == uuid and self._clock() - last.ended < SETTLE:
                return  # a late event of the migration that has just ended
            if direction is Direction.OUTGOING:
                self._outgoing.setdefault(uuid, _Outgoing(domain))
            else:
                self._incoming.setdefault(uuid, _Incoming(domain))

    def polled(self, uuid: str, domain: str, job: Job | None) -> None:
        """Job statistics of a domain on the source; None if it has no job."""
        with self._lock:
            known = self._outgoing.get(uuid)
            if job is not None and job.operation == "migration_out":
                known = known or self._outgoing.setdefault(uuid, _Outgoing(domain))
                known.job, known.gone_at = job, None
                if job.memory_dirty_rate is not None:
                    known.dirty_rate = max(job.memory_dirty_rate, known.dirty_rate or 0.0)
            elif known is not None and known.gone_at is None:
                known.gone_at = self._clock()

    def completed(self, uuid: str, domain: str, raw: Raw) -> None:
        """The event of a completed job, which the source of a successful migration has."""
        job = Job.read({**raw, "type": libvirt.VIR_DOMAIN_JOB_COMPLETED})
        if job is None or job.operation != "migration_out":
            return
        with self._lock:
            polled = self._outgoing.pop(uuid, _Outgoing(domain))
            job = replace(job, memory_dirty_rate=polled.dirty_rate)
            self._end(uuid, domain, Direction.OUTGOING, _result(job), job)

    def lifecycle(self, uuid: str, domain: str, event: int, detail: int) -> None:
        """A lifecycle event."""
        with self._lock:
            incoming = self._incoming.get(uuid)
            if (event, detail) == STARTED_BY_MIGRATION:
                self._incoming[uuid] = _Incoming(domain)
            elif incoming is not None and event in MAY_HAVE_ARRIVED:
                if incoming.missed or incoming.arriving_since is None:
                    incoming.missed, incoming.arriving_since = False, self._clock()
                incoming.runs = incoming.runs or (event, detail) == RESUMED_AFTER_MIGRATION
            elif event == libvirt.VIR_DOMAIN_EVENT_STOPPED:
                self._stopped(uuid, detail)

    def connected(self) -> None:
        """A connection was opened: the events of the time before are lost."""
        with self._lock:
            for leaving in self._outgoing.values():
                leaving.missed = True
            for coming in self._incoming.values():
                coming.missed, coming.arriving_since = True, self._clock()

    def unheard(self) -> list[str]:
        """Domains that may have left or arrived unheard: the caller passes their states to `looked`."""
        with self._lock:
            leaving = (uuid for uuid, one in self._outgoing.items() if one.missed and one.gone_at is not None)
            coming = (uuid for uuid, one in self._incoming.items() if one.missed)
            return list(dict.fromkeys((*leaving, *coming)))

    def looked(self, uuid: str, state: tuple[int, int] | None) -> None:
        """The state of a domain that `unheard` named, and its reason; None if it does not exist."""
        with self._lock:
            leaving, coming = self._outgoing.get(uuid), self._incoming.get(uuid)
            if leaving is not None and leaving.missed:
                leaving.left = leaving.left or state in (None, HAS_LEFT)
            if coming is not None and coming.missed:
                coming.gone = state is None or state[0] in OFF
                coming.runs = not coming.gone and state not in UNDER_WAY

    def arriving(self) -> list[str]:
        """Domains that may have arrived: the caller passes the statistics of their last job to `arrived`."""
        with self._lock:
            return [
                uuid
                for uuid, one in self._incoming.items()
                if one.arriving_since is not None and (one.runs or not one.missed)
            ]

    def arrived(self, uuid: str, raw: Raw) -> None:
        """The kept statistics of the last job on the destination; empty until the migration is over."""
        job = Job.read(raw)
        with self._lock:
            incoming = self._incoming.get(uuid)
            if incoming is not None and job is not None and job.operation == "migration_in":
                del self._incoming[uuid]
                job = replace(job, memory_dirty_rate=None)
                self._end(uuid, incoming.domain, Direction.INCOMING, Result.SUCCESS, job)

    def settle(self) -> None:
        """Count what libvirt does not report: jobs that disappeared, and arrivals without statistics."""
        with self._lock:
            now = self._clock()
            for uuid, one in list(self._incoming.items()):
                if one.arriving_since is None or now - one.arriving_since < ARRIVAL:
                    continue
                if one.runs:
                    self._end(uuid, one.domain, Direction.INCOMING, Result.SUCCESS, None)
                if one.runs or one.gone:
                    del self._incoming[uuid]
            for uuid, gone in list(self._outgoing.items()):
                if gone.gone_at is not None and now - gone.gone_at >= SETTLE:
                    del self._outgoing[uuid]
                    result = Result.SUCCESS if gone.left else _result(gone.job)
                    self._end(uuid, gone.domain, Direction.OUTGOING, result, gone.job)

    def running(self) -> dict[str, str]:
        """The domains that are migrating away, names by UUID."""
        with self._lock:
            return {uuid: one.domain for uuid, one in self._outgoing.items()}

    def newcomers(self, seconds: float) -> set[str]:
        """UUIDs of the domains that are migrating here, or arrived less than `seconds` ago."""
        with self._lock:
            since = self._clock() - seconds
            arrived = (
                each.uuid
                for each in self._last.values()
                if each.direction is Direction.INCOMING and each.ended > since
            )
            return {*self._incoming, *arrived}

    def is_unsettled(self) -> bool:
        """Whether a migration is under way at this end or has disappeared: `settle` has something to do."""
        with self._lock:
            return bool(self._outgoing or self._incoming)

    def read(self, is_wanted: Callable[[str], bool] = lambda _name: True) -> Migrations:
        """The counts so far, and the last migrations of domains whose name is wanted."""
        with self._lock:
            return Migrations(
                counts=dict(self._counts),
                durations={direction: seen.read() for direction, seen in self._durations.items()},
                downtimes={direction: seen.read() for direction, seen in self._downtimes.items()},
                transferred={direction: seen.read() for direction, seen in self._transferred.items()},
                last=tuple(one for one in self._last.values() if is_wanted(one.domain)),
            )

    def _stopped(self, uuid: str, detail: int) -> None:
        outgoing = self._outgoing.get(uuid)
        if outgoing is not None and (libvirt.VIR_DOMAIN_EVENT_STOPPED, detail) == STOPPED_AS_MIGRATED:
            outgoing.left = True
            outgoing.gone_at = outgoing.gone_at or self._clock()
        if uuid in self._incoming:
            self._end(uuid, self._incoming.pop(uuid).domain, Direction.INCOMING, Result.FAILED, None)

    def _end(self, uuid: str, domain: str, direction: Direction, result: Result, job: Job | None) -> None:
        self._counts[direction, result] += 1
        key = (domain, direction)
        self._last[key] = Migration(uuid, domain, direction, result, self._clock(), job)
        self._last.move_to_end(key)
        while len(self._last) > REMEMBERED:
            self._last.popitem(last=False)
        if result is Result.SUCCESS and job is not None:
            self._durations[direction].observe(job.elapsed)
            self._downtimes[direction].observe(job.downtime)
            self._transferred[direction].observe(job.data_processed)


def _result(job: Job | None) -> Result:
    """How a job of the source ended, by its last statistics."""
    if job is not None and job.type == "completed" and job.success is not False:
        return Result.SUCCESS
    cancelled = job is not None and (job.type == "cancelled" or "cancel" in (job.error or "").lower())
    return Result.CANCELLED if cancelled else Result.FAILED
