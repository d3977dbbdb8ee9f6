"""Limits on what clients can consume: requests in progress, connections, memory, and time."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tornado.iostream import IOStream


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one server; times in seconds, sizes in bytes."""

    requests: int = 40
    """In progress on one route, from the start of the handler until the answer is written. A handler that
    hangs thus blocks only its own route. One client can take at most half of them."""
    connections: int = 512
    header_bytes: int = 16 * 1024
    target_bytes: int = 8 * 1024
    """Of path and query; RFC 9112 recommends at least 8000."""
    unread_bytes: int = 16 * 1024 * 1024
    """All incomplete request bodies together."""
    header_seconds: float = 10.0
    """For a new connection to send its first request, TLS handshake included; and for any request's body."""
    idle_seconds: float = 75.0
    """Between two requests on one connection; longer than the usual scrape interval of one minute."""
    write_seconds: float = 30.0
    """For the client to read an answer."""
    stop_seconds: float = 5.0
    """For requests in progress to end when the server stops."""
    reload_seconds: float = 1.0
    """Between two checks whether the files of the web configuration have changed."""


class Slots:
    """What may be in progress at once, counted by client: requests on one route, passwords to check."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._by_client: Counter[str] = Counter()

    def __len__(self) -> int:
        return self._by_client.total()

    def take(self, client: str) -> bool:
        """Whether `client` may start now. If so, `give` must follow."""
        if len(self) >= self._limit or self._by_client[client] >= max(1, self._limit // 2):
            return False
        self._by_client[client] += 1
        return True

    def give(self, client: str) -> None:
        self._by_client[client] -= 1
        if not self._by_client[client]:
            del self._by_client[client]


@dataclass(slots=True)
class _Connection:
    first_request: asyncio.TimerHandle
    busy: bool = False
    unread: int = 0


@dataclass(slots=True)
class Connections:
    """The open connections, oldest first.

    When there are too many, the oldest one without a request in progress is closed. Clients that connect and
    send nothing, or a byte now and then, thus displace each other and not a scraper, which sends its request
    at once. When incomplete bodies take too much memory, the oldest of them are closed.
    """

    limits: Limits
    _open: dict[IOStream, _Connection] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self._open)

    def opened(self, stream: IOStream) -> None:
        if len(self) >= self.limits.connections:
            self.close_idle(most=1)
        loop = asyncio.get_running_loop()
        self._open[stream] = _Connection(loop.call_later(self.limits.header_seconds, stream.close))

    def started(self, stream: IOStream) -> None:
        """A request is complete, body included."""
        if stream in self._open:
            self._open[stream].first_request.cancel()
            self._open[stream].busy = True
            self._open[stream].unread = 0

    def received(self, stream: IOStream, size: int) -> None:
        """Another `size` bytes of a body that is not known to be complete."""
        if stream in self._open:
            self._open[stream].unread += size
        while sum(each.unread for each in self._open.values()) > self.limits.unread_bytes:
            self._close(next(stream for stream, each in self._open.items() if each.unread))

    def ended(self, stream: IOStream) -> None:
        """The request has been answered."""
        if stream in self._open:
            self._open[stream].busy = False

    def closed(self, stream: IOStream) -> None:
        connection = self._open.pop(stream, None)
        if connection is not None:
            connection.first_request.cancel()

    def close_idle(self, most: int | None = None) -> None:
        """Close the connections without a request in progress, or only the `most` oldest of them."""
        idle = (stream for stream, each in self._open.items() if not each.busy and not stream.writing())
        for stream in list(islice(idle, most)):
            self._close(stream)

    def _close(self, stream: IOStream) -> None:
        self.closed(stream)
        stream.close()
