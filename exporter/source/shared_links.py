"""Connections that many calls share.

libvirt takes five requests at a time from one connection, and stops reading from it, keepalive messages
included, at the fifth. So each connection carries four at most. While all are taken, by calls that do not
return, another connection is opened; it is closed when its calls have ended.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from exporter.source.connection import Link, Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CALLS = 4  # at a time over one connection
PATIENCE = 0.25  # seconds to wait for a call to end before another connection is opened


class SharedLinks:
    """Up to `most` connections, of which usually one is open. `make()` gives a Link."""

    def __init__(self, make: Callable[[], Link], most: int) -> None:
        self._changed = threading.Condition()
        self._links = [make() for _ in range(most)]
        self._calls = dict.fromkeys(self._links, 0)

    @property
    def opened(self) -> int:
        """How often a connection was opened."""
        return sum(link.opened for link in self._links)

    @contextmanager
    def use(self) -> Iterator[Any]:
        """An open connection (virConnect), for a block. Raises Unreachable, also if all are taken."""
        link = self._take()
        try:
            yield link.get()
        finally:
            self._give(link)

    def close(self) -> None:
        """Close all connections for good, once the calls over them have ended."""
        for link in self._links:
            link.close()

    def _take(self) -> Link:
        with self._changed:
            first = self._links[0]
            if not self._changed.wait_for(lambda: self._calls[first] < CALLS, PATIENCE) and not first.is_open:
                raise Unreachable("libvirt has not been reached yet")
            link = next((one for one in self._links if self._calls[one] < CALLS), None)
            if link is None:
                raise Unreachable("all calls to libvirt wait for an answer")
            self._calls[link] += 1
            return link

    def _give(self, link: Link) -> None:
        with self._changed:
            self._calls[link] -= 1
            self._changed.notify()
            ended = link is not self._links[0] and not self._calls[link]
        if ended:
            link.release()
