"""The descriptions of domains: read once, and again after an event that changes them."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from exporter.snapshot.description import Description

LONGEST_AGE = 600.0  # seconds: some changes have no event, such as the state of a link


class Descriptions:
    """A cache by UUID. `order(uuid)` has a description read, which calls `put`.

    `changed` and `clock` (monotonic seconds) are for tests.
    """

    def __init__(
        self,
        order: Callable[[str], None],
        changed: threading.Condition | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._order = order
        self._changed = changed or threading.Condition()
        self._clock = clock
        self._known: dict[str, tuple[Description | None, float]] = {}
        self._ordered: set[str] = set()

    def get(self, uuids: Iterable[str], until: float) -> dict[str, Description]:
        """The descriptions of these domains; waits for unknown ones until `until` (monotonic seconds).

        Those of other domains are dropped. Old ones are read again, and used meanwhile.
        """
        wanted = set(uuids)
        now = self._clock()
        with self._changed:
            for uuid in self._known.keys() - wanted:
                del self._known[uuid]
            old = {uuid for uuid, (_, read_at) in self._known.items() if now - read_at > LONGEST_AGE}
            self._request((wanted - self._known.keys()) | old)
            while not wanted <= self._known.keys() and (now := self._clock()) < until:
                self._changed.wait(until - now)
            found = ((uuid, self._known[uuid][0]) for uuid in wanted & self._known.keys())
            return {uuid: description for uuid, description in found if description is not None}

    def known(self, uuid: str) -> Description | None:
        """The description of a domain, if it has been read."""
        with self._changed:
            return self._known.get(uuid, (None,))[0]

    def put(self, uuid: str, description: Description | None) -> None:
        """A description was read; None if libvirt has none."""
        with self._changed:
            self._ordered.discard(uuid)
            self._known[uuid] = (description, self._clock())
            self._changed.notify_all()

    def changed(self, uuid: str) -> None:
        """The domain may have changed."""
        with self._changed:
            if uuid in self._known:
                self._request({uuid})

    def changed_all(self) -> None:
        """Events may have been missed, and orders lost."""
        with self._changed:
            wanted = self._known.keys() | self._ordered
            self._ordered.clear()
            self._request(wanted)

    def _request(self, uuids: set[str]) -> None:
        for uuid in uuids - self._ordered:
            self._ordered.add(uuid)
            self._order(uuid)
