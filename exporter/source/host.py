"""A libvirt host as the exporter reads it: statistics, descriptions, events and agents put into one snapshot."""

from __future__ import annotations

import re
import threading
import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from exporter import snapshot
from exporter.source import calls
from exporter.source.connection import Link
from exporter.source.outage import Outage
from exporter.source.round import Answers
from exporter.source.statistics import Statistics
from exporter.source.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Iterable

    from exporter.source.calls import Found


@dataclass(frozen=True, slots=True)
class Settings:
    """What to read and how. `include` and `exclude` are matched against the whole name of a domain."""

    uri: str = "qemu:///system"
    connections: int = 4
    read_write: bool = False
    include: re.Pattern[str] | None = None
    exclude: re.Pattern[str] | None = None
    collectors: tuple[str, ...] = ()


class Host:
    """The source of snapshots. Threads and connections start with it; `stop` ends them."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._outage = Outage()
        self._about: dict[str, str] = {}
        self._links = [
            Link(settings.uri, on_open=self._read_about if n == 0 else None)
            for n in range(settings.connections + 1)
        ]
        self._workers = [Worker(link, f"libvirt-{n}") for n, link in enumerate(self._links)]
        self._statistics = Statistics(
            self._workers[0],
            self._survey,
            [(worker, partial(self._ask, calls.Handles())) for worker in self._workers[1:]],
            self._is_complete,
        )
        self._lock = threading.Lock()
        self._current = Answers(over=True)
        self._over = threading.Event()
        self._latest: tuple[Answers, snapshot.Snapshot] | None = None

    def collect(self, until: float) -> snapshot.Snapshot:
        """What can be had by `until` (monotonic seconds). Those who ask at the same time share one collection."""
        with self._lock:
            leads = self._current.over
            if leads:
                self._current, self._over = Answers(), threading.Event()
            answers, over = self._current, self._over
        if not leads:
            over.wait(max(0.0, until - time.monotonic()))
            return self._snapshot(answers)
        try:
            self._statistics.collect(until, answers)
            return self._snapshot(answers)
        finally:
            over.set()

    def stop(self) -> None:
        """Ends what can be ended; a call that hangs ends with the process."""
        for worker in self._workers:
            worker.stop()

    def _survey(self, connection: Any) -> list[Found]:
        return [one for one in calls.survey(connection) if self._is_wanted(one.name)]

    def _is_wanted(self, name: str) -> bool:
        include, exclude = self._settings.include, self._settings.exclude
        return (include is None or bool(include.fullmatch(name))) and not (
            exclude and exclude.fullmatch(name)
        )

    def _ask(self, handles: calls.Handles, connection: Any, uuids: Iterable[str], active: bool) -> Any:
        wanted = calls.groups(self._settings.collectors)
        return handles.statistics(connection, uuids, wanted if active else calls.inactive(wanted))

    def _is_complete(self, raw: snapshot.Raw) -> bool:
        return self._about.get("hypervisor") != "QEMU" or snapshot.is_complete(raw)

    def _read_about(self, connection: Any) -> None:
        self._about = {"hypervisor": connection.getType()}

    def _snapshot(self, answers: Answers) -> snapshot.Snapshot:
        """The answers as values; made once when they are final."""
        with self._lock:
            if self._latest is not None and self._latest[0] is answers:
                return self._latest[1]
        seen = self._statistics.view(answers)
        up = seen.found is not None
        if seen.over:
            self._outage.report(up=up, error=seen.error)
        made = snapshot.Snapshot(
            connection=self._connection(up=up),
            domains=tuple(self._domain(one, seen) for one in seen.found or ()),
        )
        if seen.over:
            with self._lock:
                self._latest = (answers, made)
        return made

    def _connection(self, *, up: bool) -> snapshot.Connection:
        return snapshot.Connection(
            uri=self._settings.uri,
            up=up,
            opened=sum(link.opened for link in self._links),
            connections=self._settings.connections,
            stuck=self._statistics.stuck,
            **(self._about if up else {}),
        )

    def _domain(self, found: Found, answers: Answers) -> snapshot.Domain:
        return snapshot.Domain(
            **found._asdict(),
            fresh=found.uuid in answers.fresh,
            **snapshot.statistics(answers.raw.get(found.uuid, {})),
        )
