"""The open connections, the bodies that arrive on them and the answers that leave, within limits."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator

    from tornado.iostream import IOStream

    from exporter.web.limits import Limits


@dataclass(slots=True)
class _Connection:
    client: Hashable
    hang_up: asyncio.TimerHandle  # unless a whole request arrives before
    pause: asyncio.TimerHandle | None = None  # before the next request is read
    busy: bool = False
    outdated: bool = False
    body: list[bytes] = field(default_factory=list)
    body_bytes: int = 0


@dataclass(slots=True)
class Connections:
    """The open connections, oldest first.

    When there are too many, the oldest one without a request in progress is closed: of the client with the
    most connections, if it has such a one; or else the one that reads its answer for the longest time.
    Clients that connect and send nothing, or a byte now and then, thus displace each other and not a scraper,
    which sends its request at once, reads the answer, and has few connections. When incomplete bodies take
    too much memory, the oldest of them are closed; and the same for answers that are not read.
    """

    limits: Limits
    _open: dict[IOStream, _Connection] = field(default_factory=dict)
    _body_bytes: int = 0
    _answers: dict[IOStream, bytes] = field(default_factory=dict)  # being written, the oldest first
    _readers: Counter[int] = field(default_factory=Counter)  # of each body among them, by its identity
    _unread_bytes: int = 0
    _clients: Counter[Hashable] = field(default_factory=Counter)  # connections of each

    def __len__(self) -> int:
        return len(self._open)

    @property
    def writing(self) -> int:
        """The answers that are being written."""
        return len(self._answers)

    def opened(self, stream: IOStream, client: Hashable) -> bool:
        """Whether there is room; otherwise the connection is closed."""
        if len(self) >= self.limits.connections and not self._close_one():
            stream.close()
            return False
        self._open[stream] = _Connection(client, self._hang_up_later(stream))
        self._clients[client] += 1
        return True

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
        self.written(stream)
        self._answers[stream] = body
        if not self._readers[id(body)]:
            self._unread_bytes += len(body)
        self._readers[id(body)] += 1
        while len(self._answers) > 1 and self._unread_bytes > self.limits.unread_bytes:
            self._close(next(iter(self._answers)))

    def written(self, stream: IOStream) -> None:
        """The answer has been written, or given up."""
        body = self._answers.pop(stream, None)
        if body is None:
            return
        self._readers[id(body)] -= 1
        if not self._readers[id(body)]:
            del self._readers[id(body)]
            self._unread_bytes -= len(body)

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

    def resume(self, stream: IOStream, read_next: Callable[[], None], pause: float) -> None:
        """Call `read_next` after `pause` seconds, unless the connection closes before."""
        connection = self._open.get(stream)
        if connection is None:
            return
        if pause:
            connection.pause = asyncio.get_running_loop().call_later(pause, read_next)
        else:
            read_next()

    def closed(self, stream: IOStream) -> None:
        self.written(stream)
        connection = self._open.pop(stream, None)
        if connection is None:
            return
        self._clients[connection.client] -= 1
        if not self._clients[connection.client]:
            del self._clients[connection.client]
        connection.hang_up.cancel()
        if connection.pause is not None:
            connection.pause.cancel()
        self._drop(connection)

    def renew(self) -> None:
        """Close the connections, so that clients connect anew: at once, or when the request is answered."""
        for each in self._open.values():
            each.outdated = True
        for stream in [*self._idle()]:
            self._close(stream)

    def _idle(self, client: Hashable | None = None) -> Iterator[IOStream]:
        """Those without a request in progress, the oldest first; of one client, or of all."""
        for stream, each in self._open.items():
            if not each.busy and client in (None, each.client) and not stream.writing():
                yield stream

    def _close_one(self) -> bool:
        """Make room; whether there was one to close."""
        ((largest, _count),) = self._clients.most_common(1)
        for stream in chain(self._idle(largest), self._idle(), self._answers):
            self._close(stream)
            return True
        return False

    def _hang_up_later(self, stream: IOStream) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(self.limits.header_seconds, stream.close)

    def _drop(self, connection: _Connection) -> None:
        self._body_bytes -= connection.body_bytes
        connection.body_bytes = 0
        connection.body.clear()

    def _close(self, stream: IOStream) -> None:
        self.closed(stream)
        stream.close()
