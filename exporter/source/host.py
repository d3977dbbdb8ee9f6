"""A libvirt host: everything that is read of it, as one snapshot."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, Protocol

from exporter.snapshot.connection import Connection
from exporter.snapshot.dirty_rate import DIRTY_RATE_CALC
from exporter.snapshot.domain import DOMAIN_INFO, Domain, of_statistics
from exporter.snapshot.guest import GUEST_AGENTS
from exporter.snapshot.guest_details import GUEST_DETAILS
from exporter.snapshot.job import JOBS
from exporter.snapshot.snapshot import Snapshot
from exporter.source.agents import Agents
from exporter.source.answers import Answers
from exporter.source.background import Background
from exporter.source.calls import Listed
from exporter.source.completeness import without_times
from exporter.source.connection import Link
from exporter.source.dirty_rate import SETTLING, DirtyRates
from exporter.source.jobs import Jobs
from exporter.source.migrations import MigrationRecord
from exporter.source.outage import Outage
from exporter.source.readings.registry import Readings
from exporter.source.resets import Resets
from exporter.source.settings import MOST_CONNECTIONS
from exporter.source.shared_links import SharedLinks
from exporter.source.statistics_connections import StatisticsConnections
from exporter.source.watch import Watch
from exporter.uri import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from exporter.snapshot.description import Description
    from exporter.snapshot.need import Need
    from exporter.source.outage import Reason
    from exporter.source.settings import Settings

    Raw = Mapping[str, Any]

MOST_LINKS = 3  # shared connections of a kind; the second and third are open only while calls hang
DESCRIBING = 1.0  # seconds to wait for the descriptions of new domains


class _Stoppable(Protocol):
    def stop(self) -> None: ...


class Host:
    """The source of snapshots. Background work and connections start with it; `stop` ends them."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._outage = Outage()
        self._background = background = Background()
        self._record = MigrationRecord()
        self._listed: list[Listed] = []
        self._active: dict[str, Listed] = {}
        self._with_agent: frozenset[str] = frozenset()
        uri = settings.uri
        self._links = SharedLinks(lambda: Link(uri, on_open=self._of_readings), MOST_LINKS)
        self._writing = SharedLinks(lambda: Link(uri, read_write=True), MOST_LINKS)
        self._readings = Readings(uri, settings.needs, lambda: self._active, self._links, background)
        self._agents = Agents(
            self._writing,
            settings.agent_interval,
            lambda: self._with_agent,
            background,
            self._room,
        )
        self._dirty_rates = DirtyRates(
            self._writing, settings.dirty_rate_interval or 0, self._measurable, background, self._room
        )
        self._watch = Watch(uri, self._record, self._agents.schedule.hurry, background)
        self._statistics = StatisticsConnections(
            settings, self._watch.link, self._watch.descriptions.known, background
        )
        self._jobs = Jobs(
            self._links,
            self._record,
            self._askable,
            background,
            stuck=self._statistics.stuck_domains,
            room=self._room,
        )
        self._resets = Resets(uri, self._watch.events.reset, background)
        self._lock = threading.Lock()
        self._current = Answers(over=True)
        self._over = threading.Event()
        self._allowed = 0.0  # seconds that who began the current collection allowed
        self._latest: tuple[Answers, Snapshot] | None = None

    @property
    def services(self) -> dict[Need, Callable[[], None]]:
        """What switches on the parts that serve a need beyond the tables of groups and readings."""
        return {
            DOMAIN_INFO: self._statistics.domain_info.switch_on,
            JOBS: self._jobs.start,
            GUEST_DETAILS: self._agents.ask_details,
            GUEST_AGENTS: self._agents.start,
            DIRTY_RATE_CALC: self._dirty_rates.start,
        }

    def start(self) -> None:
        """Listen to events, and start what the settings need."""
        self._watch.start()
        if self._settings.read_write:
            self._resets.start()
        impossible = set() if self._settings.read_write else {GUEST_AGENTS, DIRTY_RATE_CALC}
        if not self._settings.dirty_rate_interval:
            impossible.add(DIRTY_RATE_CALC)
        for need, switch_on in self.services.items():
            if need in self._settings.needs - impossible:
                switch_on()

    def stop(self) -> None:
        """End all work; a stuck call ends with the process."""
        parts: tuple[_Stoppable, ...] = (
            self._watch,
            self._jobs,
            self._agents,
            self._dirty_rates,
            self._resets,
            self._readings,
            self._statistics,
        )
        for part in parts:
            part.stop()
        for links in (self._links, self._writing):
            self._background.run("close", links.close)

    @property
    def reached(self) -> bool:
        """Whether libvirt could be reached at the last attempt."""
        return self._watch.reached

    @property
    def unreachable(self) -> Reason | None:
        """Why libvirt did not answer at the last collection; None if it did."""
        return self._outage.reason

    @property
    def refusal(self) -> Reason | None:
        """Why libvirt takes no questions to guest agents; None if it does, or nothing asks."""
        return self._agents.refusal

    def collect(self, until: float) -> Snapshot:
        """The state of the host, by `until` (monotonic seconds). Concurrent callers share one collection.

        If who began it was in a hurry and it was cut off, who joined with more time than that begins another.
        """
        with self._lock:
            now = time.monotonic()
            leads = self._current.over
            if leads:
                self._current, self._over, self._allowed = Answers(), threading.Event(), until - now
            answers, over, allowed = self._current, self._over, self._allowed
        if leads:
            return self._lead(until, answers, over)
        over.wait(max(0.0, until - now))
        if answers.is_cut_off() and until - time.monotonic() > allowed:
            return self.collect(until)
        return self._snapshot(answers, until)

    def jobs(self) -> Snapshot:
        """The jobs that run, about a second old at most; libvirt is not asked."""
        names, jobs = self._active, self._jobs.running()
        domains = (
            Domain(uuid, names[uuid].name, active=True, job=job)
            for uuid, job in sorted(jobs.items())
            if uuid in names
        )
        return Snapshot(self._connection(up=self.reached), tuple(domains), at=time.time())

    def _lead(self, until: float, answers: Answers, over: threading.Event) -> Snapshot:
        try:
            self._readings.begin()
            self._statistics.collect(until, answers)
            return self._snapshot(answers, until)
        finally:
            over.set()

    def _of_readings(self, connection: Any) -> Iterable[Callable[[], object]]:
        return self._readings.watch(connection)

    def _room(self) -> int:
        """How many of libvirtd's workers may be held by questions beside those for statistics."""
        return MOST_CONNECTIONS - self._statistics.stuck

    def _askable(self) -> dict[str, str]:
        """The active domains that are not stuck, names by UUID."""
        stuck = self._statistics.stuck_domains()
        return {uuid: one.name for uuid, one in self._active.items() if uuid not in stuck}

    def _measurable(self) -> dict[str, str]:
        """The domains whose dirty rate tells how they write: the memory of others is still arriving."""
        newcomers = self._record.newcomers(SETTLING)
        return {uuid: name for uuid, name in self._askable().items() if uuid not in newcomers}

    def _snapshot(self, answers: Answers, until: float) -> Snapshot:
        """The answers as values; made once when they are final."""
        with self._lock:
            if self._latest is not None and self._latest[0] is answers:
                return self._latest[1]
        seen = self._statistics.view(answers)
        if seen.over and seen.listed is not None:
            self._outage.up()
        elif seen.over:
            self._outage.down(seen.error)
        made = self._made(seen, until)
        if seen.over:
            with self._lock:
                self._latest = (answers, made)
        return made

    def _made(self, seen: Answers, until: float) -> Snapshot:
        listed = self._now_listed(seen)
        self._active = {one.uuid: one for one in listed if one.active}
        patience = min(until, time.monotonic() + DESCRIBING)
        described = self._watch.descriptions.get((one.uuid for one in listed), patience) if listed else {}
        seen.fresh |= self._complete_as_described(seen)
        self._with_agent = frozenset(
            uuid for uuid, about in described.items() if about.has_agent and uuid in self._active
        )
        return Snapshot(
            connection=self._connection(up=seen.reachable),
            domains=self._domains(seen, listed, described),
            migrations=self._record.read(self._statistics.is_wanted),
            backups=self._watch.backups.read(),
            events=self._watch.events.read(self._statistics.is_wanted, tells_resets=self._resets.listened),
            **self._readings.read(until, reachable=seen.reachable),
            at=time.time(),
        )

    def _complete_as_described(self, seen: Answers) -> set[str]:
        """Domains that were not described yet when they answered, and whose answers are complete for them."""
        late = (item for item in seen.raw.items() if item[0] in self._active and item[0] not in seen.fresh)
        return {uuid for uuid, raw in late if self._statistics.is_complete(uuid, raw)}

    def _now_listed(self, seen: Answers) -> list[Listed]:
        """The domains; if they could not be listed now, the last ones without their states."""
        if seen.listed is not None:
            self._listed = seen.listed
            self._watch.events.listed(seen.listed)
            return seen.listed
        kept = self._listed if seen.reachable else []
        return [Listed(one.uuid, one.name, one.active, number=one.number) for one in kept]

    def _domains(
        self, seen: Answers, listed: list[Listed], described: Mapping[str, Description]
    ) -> tuple[Domain, ...]:
        jobs, agents = self._jobs.running(), self._agents.schedule.read(time.monotonic())
        statistics = {one.uuid: self._converted(_reliable(seen, one)) for one in listed}
        return tuple(
            Domain(
                **one._asdict(),
                **(statistics[one.uuid] or {}),
                fresh=one.uuid in seen.fresh and statistics[one.uuid] is not None,
                description=described.get(one.uuid),
                job=jobs.get(one.uuid),
                agent=agents.get(one.uuid) if one.active else None,
            )
            for one in listed
        )

    def _converted(self, raw: Raw) -> dict[str, Any] | None:
        """The fields of a domain from its statistics; None, and counted, if they are odd."""
        try:
            return of_statistics(raw)
        except Exception:  # noqa: BLE001 (whatever it is, it costs this domain only)
            self._background.failed("statistics")
            return None

    def _connection(self, *, up: bool) -> Connection:
        return Connection(
            uri=shown(self._settings.uri),
            up=up,
            opened=self._statistics.opened + self._watch.link.opened + self._links.opened,
            connections=self._settings.connections,
            stuck=self._statistics.stuck,
            unreadable=self._statistics.unreadable,
            hung_agents=self._agents.schedule.hung(time.monotonic()),
            failures=self._background.failures(),
            **(self._watch.about if up else {}),
        )


def _reliable(seen: Answers, one: Listed) -> Raw:
    """Raw statistics; without times if the domain was off when it was listed: it may have started since."""
    raw = seen.raw.get(one.uuid, {})
    return raw if one.active and one.uuid in seen.fresh else without_times(raw)
