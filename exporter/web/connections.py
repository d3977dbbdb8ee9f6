"""The open connections and the bodies that arrive on them, within limits."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tornado.iostream import IOStream

    from exporter.web.limits import Limits


@dataclass(slots=True)
class _Connection:
    first_request: asyncio.TimerHandle
    busy: bool = False
    body: list[bytes] = field(default_factory=list)
    body_bytes: int = 0


@dataclass(slots=True)
class Connections:
    """The open connections, oldest first.

    When there are too many, the oldest one without a request in progress is closed. Clients that connect and
    send nothing, or a byte now and then, thus displace each other and not a scraper, which sends its request
    at once. When incomplete bodies take too much memory, the oldest of them are closed.
    """

    limits: Limits
    _open: dict[IOStream, _Connection] = field(default_factory=dict)
    _body_bytes: int = 0

    def __len__(self) -> int:
        return len(self._open)

    def opened(self, stream: IOStream) -> None:
        if len(self) >= self.limits.connections:
            self.close_idle(most=1)
        loop = asyncio.get_running_loop()
        self._open[stream] = _Connection(loop.call_later(self.limits.header_seconds, stream.close))

    def received(self, stream: IOStream, piece: bytes) -> int:
        """Keep a piece of a body. Returns how many bytes of the body there are now."""
        connection = self._open.get(stream)
        if connection is None:
            return 0
        connection.body.append(piece)
        connection.body_bytes += len(piece)
        self._body_bytes += len(piece)
        while self._body_bytes > self.limits.body_bytes:
            self._close(next(stream for stream, each in self._open.items() if each.body))
        return connection.body_bytes

    def complete(self, stream: IOStream) -> bytes:
        """The request has arrived: it is in progress from now on. Returns its body."""
        connection = self._open.get(stream)
        if connection is None:
            return b""
        connection.first_request.cancel()
        connection.busy = True
        body = b"".join(connection.body)
        self._drop(connection)
        return body

    def drop_body(self, stream: IOStream) -> None:
        """Nobody will read it."""
        if stream in self._open:
            self._drop(self._open[stream])

    def ended(self, stream: IOStream) -> None:
        """The request has been answered."""
        if stream in self._open:
            self._open[stream].busy = False

    def closed(self, stream: IOStream) -> None:
        connection = self._open.pop(stream, None)
        if connection is not None:
            connection.first_request.cancel()
            self._drop(connection)

    def close_idle(self, most: int | None = None) -> None:
        """Close the connections without a request in progress, or only the `most` oldest of them."""
        idle = (stream for stream, each in self._open.items() if not each.busy and not stream.writing())
        for stream in list(islice(idle, most)):
            self._close(stream)

    def _drop(self, connection: _Connection) -> None:
        self._body_bytes -= connection.body_bytes
        connection.body_bytes = 0
        connection.body.clear()

    def _close(self, stream: IOStream) -> None:
        self.closed(stream)
        stream.close()
