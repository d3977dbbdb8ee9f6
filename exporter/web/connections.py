"""The open connections, the bodies that arrive on them and the answers that leave, within limits."""

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
    hang_up: asyncio.TimerHandle  # unless a whole request arrives before
    busy: bool = False
    outdated: bool = False
    body: list[bytes] = field(default_factory=list)
    body_bytes: int = 0


@dataclass(slots=True)
class Connections:
    """The open connections, oldest first.

    When there are too many, the oldest one without a request in progress is closed, or else the one that
    reads its answer for the longest time. Clients that connect and send nothing, or a byte now and then, thus
    displace each other and not a scraper, which sends its request at once and reads the answer. When
    incomplete bodies take too much memory, the oldest of them are closed; and the same for answers that are
    not read.
    """

    limits: Limits
    _open: dict[IOStream, _Connection] = field(default_factory=dict)
    _body_bytes: int = 0
    _answers: dict[IOStream, bytes] = field(default_factory=dict)  # being written, the oldest first

    def __len__(self) -> int:
        return len(self._open)

    @property
    def writing(self) -> int:
        """The answers that are being written."""
        return len(self._answers)

    def opened(self, stream: IOStream) -> None:
        if len(self) >= self.limits.connections:
            self._close_one()
        self._open[stream] = _Connection(self._hang_up_later(stream))
        if len(self) > self.limits.connections:
            self._close(stream)

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
        connection.hang_up.cancel()
        connection.busy = True
        body = b"".join(connection.body)
        self._drop(connection)
        return body

    def drop_body(self, stream: IOStream) -> None:
        """Nobody will read it."""
        if stream in self._open:
            self._drop(self._open[stream])

    def answers(self, stream: IOStream, body: bytes) -> None:
        """The answer is being written, until `written`. A body that several read counts once."""
        self._answers[stream] = body
        while len(self._answers) > 1 and self._unread_bytes() > self.limits.unread_bytes:
            self._close(next(iter(self._answers)))

    def written(self, stream: IOStream) -> None:
        """The answer has been written, or given up."""
        self._answers.pop(stream, None)

    def ended(self, stream: IOStream, *, refused: bool = False) -> None:
        """The request has been answered. After a refusal the next one must come soon."""
        connection = self._open.get(stream)
        if connection is None:
            return
        connection.busy = False
        if connection.outdated:
            self._close(stream)
        elif refused:
            connection.hang_up.cancel()
            connection.hang_up = self._hang_up_later(stream)

    def closed(self, stream: IOStream) -> None:
        connection = self._open.pop(stream, None)
        self._answers.pop(stream, None)
        if connection is not None:
            connection.hang_up.cancel()
            self._drop(connection)

    def renew(self) -> None:
        """Close the connections, so that clients connect anew: at once, or when the request is answered."""
        for each in self._open.values():
            each.outdated = True
        for stream in self._idle():
            self._close(stream)

    def _idle(self) -> list[IOStream]:
        """Those without a request in progress, the oldest first."""
        return [stream for stream, each in self._open.items() if not each.busy and not stream.writing()]

    def _close_one(self) -> None:
        for stream in islice((*self._idle(), *self._answers), 1):
            self._close(stream)

    def _unread_bytes(self) -> int:
        return sum(len(body) for body in {id(body): body for body in self._answers.values()}.values())

    def _hang_up_later(self, stream: IOStream) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(self.limits.header_seconds, stream.close)

    def _drop(self, connection: _Connection) -> None:
        self._body_bytes -= connection.body_bytes
        connection.body_bytes = 0
        connection.body.clear()

    def _close(self, stream: IOStream) -> None:
        self.closed(stream)
        stream.close()
