"""All readings, and those of one host."""

from __future__ import annotations

from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING, Any

from exporter.discovery import modules
from exporter.snapshot.machine import is_local
from exporter.snapshot.snapshot import ReadingState
from exporter.source.calls import Skips
from exporter.source.reader import Reader
from exporter.source.readings.row import Local, Remote

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from exporter.snapshot.need import Need, Reading
    from exporter.source.background import Background
    from exporter.source.readings.row import Connection, Domains, Undo, Watch
    from exporter.source.shared_links import SharedLinks

ROWS = [row for module in modules(__package__, ("registry", "row")) for row in module.READINGS]
REMOTE: dict[Reading[Any], Remote[Any]] = {row.reading: row for row in ROWS if isinstance(row, Remote)}
LOCAL: dict[Reading[Any], Local[Any]] = {row.reading: row for row in ROWS if isinstance(row, Local)}


class Readings:
    """The readings among `needs`, of the host at `uri`; `domains()` are its running domains by UUID.

    `links` has connections for calls that may block.
    """

    def __init__(
        self,
        uri: str,
        needs: Collection[Need],
        domains: Domains,
        links: SharedLinks,
        background: Background,
    ) -> None:
        self._links = links
        self._background = background
        self._remote = {one: self._of_libvirt(REMOTE[one]) for one in _sorted(needs, REMOTE)}
        local = _sorted(needs, LOCAL) if is_local(uri) else []
        self._local = {
            one: Reader(one.name, LOCAL[one].of(uri, domains), LOCAL[one].timing, background) for one in local
        }

    def begin(self) -> None:
        """Start to read what is due; returns at once."""
        for reader in self._all.values():
            reader.begin()

    def read(self, until: float, *, reachable: bool) -> dict[str, Any]:
        """Keyword arguments of a snapshot; if libvirt is not reachable, with local readings only."""
        readers = self._all if reachable else self._local
        found = {reading: reader.get(until) for reading, reader in readers.items()}
        return {
            "readings": {reading: value for reading, value in found.items() if value is not None},
            "reading_states": tuple(
                ReadingState(reading.name, one.updated, one.failures, one.skipped)
                for reading, one in self._all.items()
            ),
        }

    def stop(self) -> None:
        for reader in self._all.values():
            reader.stop()

    def watch(self, connection: Connection) -> Iterable[Undo]:
        """Have values read again after events on this connection; yields what ends that.

        Readings of the same watch share it: libvirt takes one callback for each kind of event.
        """
        sharing: defaultdict[Watch, list[Reader[Any]]] = defaultdict(list)
        for reading, reader in self._remote.items():
            sharing[REMOTE[reading].watch].append(reader)
        for watch, readers in sharing.items():
            yield from watch(connection, partial(_expire, readers))

    def _of_libvirt(self, row: Remote[Any]) -> Reader[Any]:
        def read() -> Any:
            skips = Skips()
            with self._links.use() as connection:
                value = row.call(connection, skips)
            reader.skipped = skips.count
            return value

        reader: Reader[Any] = Reader(row.reading.name, read, row.timing, self._background)
        return reader

    @property
    def _all(self) -> dict[Reading[Any], Reader[Any]]:
        return self._local | self._remote


def _expire(readers: Iterable[Reader[Any]]) -> None:
    for reader in readers:
        reader.expire()


def _sorted(needs: Collection[Need], table: Iterable[Reading[Any]]) -> list[Reading[Any]]:
    return sorted((one for one in table if one in needs), key=lambda one: one.name)
