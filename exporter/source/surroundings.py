"""What is read beside the statistics: the machine, libvirt's node, storage, networks, processes, history.

Each is read in a thread and, where it needs one, over a connection of its own, when a scrape asks for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from exporter.snapshot.machine import is_local
from exporter.snapshot.snapshot import Reading
from exporter.source import history, infrastructure, machine
from exporter.source.aside import EACH_SCRAPE, MINUTELY, SELDOM, Aside, Timing
from exporter.source.connection import Link
from exporter.source.process import Processes

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    Domains = Callable[[], Mapping[str, str]]


class Remote(NamedTuple):
    """Read over a connection. `watch(connection, changed)` tells of changes that should be read at once."""

    call: Callable[[Any], Any]
    timing: Timing
    watch: Callable[[Any, Callable[[], None]], Iterable[Callable[[], object]]] | None = None


# By the field of the snapshot.
REMOTE = {
    "node": Remote(infrastructure.node, EACH_SCRAPE),
    "pools": Remote(infrastructure.pools, SELDOM, infrastructure.watch_storage),
    "volumes": Remote(infrastructure.volumes, SELDOM, infrastructure.watch_storage),
    "networks": Remote(infrastructure.networks, SELDOM, infrastructure.watch_networks),
    "history": Remote(history.history, MINUTELY),
    "checkpoint_sizes": Remote(history.sizes, MINUTELY),
}
LOCAL: dict[str, Callable[[], Any]] = {
    "machine": machine.read,
    "disks": machine.disks,
    "filesystems": machine.filesystems,
    "nics": machine.nics,
}
# The fields each collector needs.
NEEDS = {
    "host": ("machine",),
    "host-storage": ("disks", "filesystems"),
    "host-network": ("nics",),
    "node": ("node",),
    "pool": ("pools",),
    "volume": ("volumes",),
    "network": ("networks",),
    "lease": ("networks",),
    "process": ("processes",),
    "history": ("history", "checkpoint_sizes"),
}


class Surroundings:
    """Reads for these collectors, of the host at `uri`; `domains()` gives running domains by UUID."""

    def __init__(self, uri: str, collectors: Collection[str], domains: Domains) -> None:
        fields = {field for name in collectors for field in NEEDS.get(name, ())}
        self._remote = {f: _remote(uri, f, REMOTE[f]) for f in sorted(fields & REMOTE.keys())}
        self._local: dict[str, Aside[Any]] = {}
        if is_local(uri):
            calls = LOCAL | {"processes": Processes(domains).read}
            self._local = {f: Aside(f, calls[f], EACH_SCRAPE) for f in sorted(fields & calls.keys())}

    def begin(self) -> None:
        """Begin to read what is due; returns at once."""
        for aside in (*self._local.values(), *self._remote.values()):
            aside.begin()

    def read(self, until: float, *, reachable: bool) -> dict[str, Any]:
        """Keyword arguments for a snapshot; without libvirt there is only what needs no libvirt."""
        asides = self._local | (self._remote if reachable else {})
        found = {field: aside.get(until) for field, aside in asides.items()}
        readings = tuple(Reading(field, one.updated, one.failures) for field, one in self._all.items())
        return {field: value for field, value in found.items() if value is not None} | {"readings": readings}

    def stop(self) -> None:
        """Read no more."""
        for aside in self._all.values():
            aside.stop()

    @property
    def _all(self) -> dict[str, Aside[Any]]:
        return self._local | self._remote


def _remote(uri: str, field: str, row: Remote) -> Aside[Any]:
    def opened(connection: Any) -> Iterable[Callable[[], object]]:
        return row.watch(connection, aside.expire) if row.watch is not None else ()

    link = Link(uri, on_open=opened)
    aside = Aside(field, lambda: row.call(link.get()), row.timing, link.close)
    return aside
