"""The connections over which statistics are read, and what is asked over them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from exporter.snapshot.memory import BALLOON
from exporter.source import calls, domain_info, groups
from exporter.source.completeness import is_complete, uncounted
from exporter.source.connection import Link
from exporter.source.domain_info import DomainInfo
from exporter.source.settings import MOST_CONNECTIONS
from exporter.source.statistics import Statistics
from exporter.source.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from exporter.snapshot.description import Description
    from exporter.source.answers import Answers
    from exporter.source.background import Background
    from exporter.source.settings import Settings

    Raw = Mapping[str, Any]


class StatisticsConnections:
    """Reads the statistics of the domains that the settings include. Connections open when they are used.

    `first` is a connection for what never waits for a guest: the ping, and the list of domains.
    `described(uuid)` is the description of a domain as far as it is known.
    """

    def __init__(
        self,
        settings: Settings,
        first: Link,
        described: Callable[[str], Description | None],
        background: Background,
    ) -> None:
        self._settings = settings
        self._described = described
        self._background = background
        self._groups = groups.groups(settings.needs)
        self.domain_info = DomainInfo(self._groups)
        self._hypervisor = ""
        self.unreadable = 0  # domains that the last list left out
        spare = max(0, MOST_CONNECTIONS - settings.connections)
        count = settings.connections + spare
        self._links = [Link(settings.uri, on_open=self._opened) for _ in range(count)]
        workers = [Worker(link, "statistics", background) for link in self._links]
        self._statistics = Statistics(
            (Worker(first, "ping", background), calls.ping),
            (Worker(first, "list", background), self._list),
            [(worker, partial(self._ask, self._handles())) for worker in workers],
            self.is_complete,
            spare=spare,
        )

    @property
    def opened(self) -> int:
        """How often a connection was opened."""
        return sum(link.opened for link in self._links)

    @property
    def stuck(self) -> int:
        """Connections that wait for a stuck domain."""
        return self._statistics.stuck_connections()

    def stuck_domains(self) -> set[str]:
        """The UUIDs of domains that are stuck."""
        return self._statistics.stuck_domains()

    def collect(self, until: float, answers: Answers) -> None:
        """Fill `answers`; returns when they are complete, or at `until` (monotonic seconds)."""
        self._statistics.collect(until, answers)

    def view(self, answers: Answers) -> Answers:
        """A copy of `answers` at this moment."""
        return self._statistics.view(answers)

    def stop(self) -> None:
        """Close the connections; one with a stuck call ends with the call."""
        for link in self._links:  # in the background: one may be opening for minutes
            self._background.run("close", link.close)

    def _list(self, connection: Any) -> list[calls.Listed]:
        skips = calls.Skips()
        listed = [one for one in calls.list_domains(connection, skips) if self.is_wanted(one.name)]
        self.unreadable = skips.count
        return listed

    def is_wanted(self, name: str) -> bool:
        """Whether the settings include a domain of this name."""
        include, exclude = self._settings.include, self._settings.exclude
        included = include is None or include.fullmatch(name)
        return bool(included) and not (exclude and exclude.fullmatch(name))

    def _handles(self) -> calls.Handles:
        return calls.Handles(groups.flags(self._settings.needs))

    def _ask(self, handles: calls.Handles, connection: Any, uuids: Iterable[str], active: bool) -> Any:
        if not active:
            wanted = groups.inactive(self._groups) | self.domain_info.groups_of_inactive()
            return handles.statistics(connection, uuids, wanted)
        found = handles.statistics(connection, uuids, self._groups)
        if self.domain_info.is_needed():
            domain_info.add(found, handles.of(connection, found))
        return found

    def is_complete(self, uuid: str, raw: Raw) -> bool:
        """Whether statistics of an active domain are complete; some disks have no counters: see uncounted."""
        balloon = BALLOON in self._settings.needs
        return self._hypervisor != "QEMU" or is_complete(
            raw, balloon=balloon, without_counters=uncounted(self._described(uuid))
        )

    def _opened(self, connection: Any) -> None:
        self._hypervisor = connection.getType()
