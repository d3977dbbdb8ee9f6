"""The descriptions of domains, read once and again when an event says that they have changed."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from exporter.snapshot.description import Description

LONGEST_AGE = 600.0  # seconds: some changes (a link's state) come without an event


class Descriptions:
    """A cache by UUID. `order(uuid)` asks for a description to be read, which ends in `put`."""

    def __init__(self, order: Callable[[str], None]) -> None:
        self._order = order
        self._changed = threading.Condition()
        self._known: dict[str, tuple[Description | None, float]] = {}
        self._ordered: set[str] = set()

    def get(self, uuids: Iterable[str], until: float) -> dict[str, Description]:
        """The descriptions of these domains, the unknown ones awaited until `until` (monotonic seconds).

        All others are forgotten. Old ones are ordered anew, and serve meanwhile.
        """
        wanted = set(uuids)
        now = time.monotonic()
        with self._changed:
            for uuid in self._known.keys() - wanted:
                del self._known[uuid]
            old = {uuid for uuid, (_, read_at) in self._known.items() if now - read_at > LONGEST_AGE}
            self._request((wanted - self._known.keys()) | old)
            while not wanted <= self._known.keys() and (now := time.monotonic()) < until:
                self._changed.wait(until - now)
            found = ((uuid, self._known[uuid][0]) for uuid in wanted & self._known.keys())
            return {uuid: description for uuid, description in found if description is not None}

    def put(self, uuid: str, description: Description | None) -> None:
        """A description has been read; None where there is none to be had."""
        with self._changed:
            self._ordered.discard(uuid)
            self._known[uuid] = (description, time.monotonic())
            self._changed.notify_all()

    def changed(self, uuid: str) -> None:
        """Something about the domain may be different now."""
        with self._changed:
            if uuid in self._known:
                self._request({uuid})

    def changed_all(self) -> None:
        """Nobody has listened for a while."""
        with self._changed:
            self._ordered.clear()
            self._request(set(self._known))

    def _request(self, uuids: set[str]) -> None:
        for uuid in uuids - self._ordered:
            self._ordered.add(uuid)
            self._order(uuid)
