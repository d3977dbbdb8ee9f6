"""A libvirt host as the exporter reads it: all that is known of it in one snapshot."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from exporter.snapshot.snapshot import Connection, Domain, Snapshot, is_complete, statistics, without_times
from exporter.source import basics, calls
from exporter.source.agent import Agents
from exporter.source.calls import Found
from exporter.source.connection import Link
from exporter.source.dirty_rate import DirtyRates
from exporter.source.jobs import Jobs
from exporter.source.migrations import MigrationRecord
from exporter.source.outage import Outage
from exporter.source.round import Answers
from exporter.source.statistics import Statistics
from exporter.source.surroundings import Surroundings
from exporter.source.watch import Watch
from exporter.source.worker import Worker

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable

    from exporter.snapshot.snapshot import Raw


# For statistics, with those that open only when others hang. Each call that hangs holds one of libvirtd's 20
# workers, and a libvirtd without a free one answers nobody: some are left to those who manage guests.
MOST_CONNECTIONS = 16
DESCRIBING = 1.0  # seconds to wait at most for the descriptions of new domains


@dataclass(frozen=True, slots=True)
class Settings:
    """What to read and how. `include` and `exclude` are matched against the whole name of a domain."""

    uri: str = "qemu:///system"
    connections: int = 4
    read_write: bool = False
    include: re.Pattern[str] | None = None
    exclude: re.Pattern[str] | None = None
    collectors: tuple[str, ...] = ()
    agent_interval: float = 10.0
    dirty_rate_interval: float | None = None  # seconds; None: nothing is measured


class _Stoppable(Protocol):
    def stop(self) -> None: ...


class Host:
    """The source of snapshots. Its threads and connections begin with it; `stop` ends them."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._groups = calls.groups(settings.collectors)
        self._basics = basics.GROUPS & ~self._groups if "info" in settings.collectors else 0
        self._outage = Outage()
        self._hypervisor = ""
        spare = max(0, MOST_CONNECTIONS - settings.connections)
        count = settings.connections + spare + 2
        self._links = [Link(settings.uri, on_open=self._opened) for _ in range(count)]
        self._workers = [Worker(link, f"libvirt-{n}") for n, link in enumerate(self._links)]
        self._statistics = Statistics(
            (self._workers[0], calls.greet),
            (self._workers[1], self._survey),
            [(worker, partial(self._ask, self._handles())) for worker in self._workers[2:]],
            self._is_complete,
            spare,
        )
        self._record = MigrationRecord()
        self._known: list[Found] = []
        self._active: dict[str, str] = {}
        self._with_agent: frozenset[str] = frozenset()
        self._agents = Agents(
            settings.uri,
            settings.agent_interval,
            lambda: self._with_agent,
            detailed="guest" in settings.collectors,
        )
        self._dirty_rates = DirtyRates(settings.uri, settings.dirty_rate_interval or 0, self._askable)
        self._jobs = Jobs(settings.uri, self._record, self._askable)
        self._watch = Watch(settings.uri, self._record, self._agents.schedule.hurry)
        self._surroundings = Surroundings(settings.uri, settings.collectors, lambda: self._active)
        self._lock = threading.Lock()
        self._current = Answers(over=True)
        self._over = threading.Event()
        self._latest: tuple[Answers, Snapshot] | None = None

    def start(self) -> None:
        """Begin to listen and, where it is wanted, to ask agents and look at jobs."""
        self._watch.start()
        if {"job", "migration"} & set(self._settings.collectors):
            self._jobs.start()
        if self._settings.read_write and {"filesystem", "guest"} & set(self._settings.collectors):
            self._agents.start()
        if self._settings.read_write and self._settings.dirty_rate_interval:
            self._dirty_rates.start()

    def stop(self) -> None:
        """End what can be ended; a call that hangs ends with the process."""
        parts: tuple[_Stoppable, ...] = (
            self._watch,
            self._jobs,
            self._agents,
            self._dirty_rates,
            self._surroundings,
            *self._workers,
        )
        for part in parts:
            part.stop()

    def collect(self, until: float) -> Snapshot:
        """What can be had by `until` (monotonic seconds); whoever asks meanwhile shares the collection."""
        with self._lock:
            leads = self._current.over
            if leads:
                self._current, self._over = Answers(), threading.Event()
            answers, over = self._current, self._over
        if not leads:
            over.wait(max(0.0, until - time.monotonic()))
            return self._snapshot(answers, until)
        try:
            self._surroundings.begin()
            self._statistics.collect(until, answers)
            return self._snapshot(answers, until)
        finally:
            over.set()

    def _survey(self, connection: Any) -> list[Found]:
        return [one for one in calls.survey(connection) if self._is_wanted(one.name)]

    def _is_wanted(self, name: str) -> bool:
        include, exclude = self._settings.include, self._settings.exclude
        included = include is None or include.fullmatch(name)
        return bool(included) and not (exclude and exclude.fullmatch(name))

    def _handles(self) -> calls.Handles:
        return calls.Handles(backing="block-backing" in self._settings.collectors)

    def _ask(self, handles: calls.Handles, connection: Any, uuids: Iterable[str], active: bool) -> Any:
        if not active:
            return handles.statistics(
                connection, uuids, calls.inactive(self._groups) | self._basics & basics.IDLE
            )
        found = handles.statistics(connection, uuids, self._groups)
        if self._basics:
            basics.add(found, handles.of(connection, found))
        return found

    def _is_complete(self, raw: Raw) -> bool:
        return self._hypervisor != "QEMU" or is_complete(
            raw, balloon=bool(self._groups & calls.GROUPS["memory"])
        )

    def _opened(self, connection: Any) -> None:
        self._hypervisor = connection.getType()

    def _askable(self) -> dict[str, str]:
        """The running domains that do not hang, by UUID."""
        hanging = self._statistics.unresponsive()
        return {uuid: name for uuid, name in self._active.items() if uuid not in hanging}

    def _snapshot(self, answers: Answers, until: float) -> Snapshot:
        """The answers as values; made once when they are final."""
        with self._lock:
            if self._latest is not None and self._latest[0] is answers:
                return self._latest[1]
        seen = self._statistics.view(answers)
        if seen.over:
            self._outage.report(up=seen.found is not None, error=seen.error)
        made = self._made(seen, until)
        if seen.over:
            with self._lock:
                self._latest = (answers, made)
        return made

    def _made(self, seen: Answers, until: float) -> Snapshot:
        if seen.found is not None:
            self._known = seen.found
        found = self._known if seen.reachable else ()
        if seen.found is None:
            found = [Found(one.uuid, one.name, one.active) for one in found]  # all that is known of now
        self._active = {one.uuid: one.name for one in found if one.active}
        patience = min(until, time.monotonic() + DESCRIBING)
        descriptions = self._watch.descriptions.get((one.uuid for one in found), patience) if found else {}
        self._with_agent = frozenset(
            uuid for uuid, about in descriptions.items() if about.has_agent and uuid in self._active
        )
        jobs, agents = self._jobs.running(), self._agents.schedule.read()
        return Snapshot(
            connection=self._connection(up=seen.reachable),
            domains=tuple(
                Domain(
                    **one._asdict(),
                    **statistics(_reliable(seen, one)),
                    fresh=one.uuid in seen.fresh,
                    description=descriptions.get(one.uuid),
                    job=jobs.get(one.uuid),
                    agent=agents.get(one.uuid) if one.active else None,
                )
                for one in found
            ),
            migrations=self._record.read(),
            backups=self._watch.backups.read(),
            **self._surroundings.read(until, reachable=seen.reachable),
        )

    def _connection(self, *, up: bool) -> Connection:
        return Connection(
            uri=self._settings.uri,
            up=up,
            opened=sum(link.opened for link in self._links),
            connections=self._settings.connections,
            stuck=self._statistics.stuck,
            **(self._watch.about if up else {}),
        )


def _reliable(seen: Answers, one: Found) -> Raw:
    """A domain that did not run when it was listed has no times: it may be starting since."""
    raw = seen.raw.get(one.uuid, {})
    return raw if one.active and one.uuid in seen.fresh else without_times(raw)
