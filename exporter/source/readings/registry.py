"""All readings, and those of one host."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from exporter.discovery import modules
from exporter.snapshot.machine import is_local
from exporter.snapshot.snapshot import ReadingState
from exporter.source.connection import Link
from exporter.source.reader import Reader
from exporter.source.readings.row import Local, Remote

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from exporter.snapshot.need import Need, Reading
    from exporter.source.readings.row import Connection, Domains, Undo

ROWS = [row for module in modules(__package__, ("registry", "row")) for row in module.READINGS]
REMOTE: dict[Reading[Any], Remote[Any]] = {row.reading: row for row in ROWS if isinstance(row, Remote)}
LOCAL: dict[Reading[Any], Local[Any]] = {row.reading: row for row in ROWS if isinstance(row, Local)}


class Readings:
    """The readings among `needs`, of the host at `uri`; `domains()` are its running domains by UUID."""

    def __init__(self, uri: str, needs: Collection[Need], domains: Domains) -> None:
        self._remote = {one: _remote(uri, REMOTE[one]) for one in _sorted(needs, REMOTE)}
        local = _sorted(needs, LOCAL) if is_local(uri) else []
        self._local = {one: Reader(one.name, LOCAL[one].of(domains), LOCAL[one].timing) for one in local}

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
                ReadingState(reading.name, one.updated, one.failures) for reading, one in self._all.items()
            ),
        }

    def stop(self) -> None:
        for reader in self._all.values():
            reader.stop()

    @property
    def _all(self) -> dict[Reading[Any], Reader[Any]]:
        return self._local | self._remote


def _sorted(needs: Collection[Need], table: Iterable[Reading[Any]]) -> list[Reading[Any]]:
    return sorted((one for one in table if one in needs), key=lambda one: one.name)


def _remote(uri: str, row: Remote[Any]) -> Reader[Any]:
    def opened(connection: Connection) -> Iterable[Undo]:
        return row.watch(connection, reader.expire)

    link = Link(uri, on_open=opened)
    reader = Reader(row.reading.name, lambda: row.call(link.get()), row.timing, link.close)
    return reader
