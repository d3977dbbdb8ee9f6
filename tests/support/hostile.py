"""A crowd of hostile HTTP clients: many connections, each of which does one thing that a client should not.

What the server closes is opened again at once. The crowd comes from several addresses, so that no limit for
one client holds it off. One thread drives all of it.
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import random
import socket
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

ADDRESSES = tuple(f"127.0.1.{n}" for n in range(1, 31))
_HOST = "Host: x\r\n"


class Habit(NamedTuple):
    """What a connection sends, again and again (`{n}` is a number), and whether it reads what comes."""

    name: str
    sends: str
    reads: bool = True
    pause: float = 0.2  # seconds between two sendings; a byte at a time where `drips`
    drips: bool = False


HABITS: tuple[Habit, ...] = (
    Habit("silent", ""),
    Habit("dripping head", f"GET /metrics HTTP/1.1\r\n{_HOST}X-Slow: " + "a" * 1000, drips=True),
    Habit("endless head", f"GET /metrics HTTP/1.1\r\n{_HOST}X-Endless: " + "a" * 100_000, pause=60),
    Habit("large headers", f"GET /metrics HTTP/1.1\r\n{_HOST}X-Large: {'a' * 40_000}\r\n\r\n"),
    Habit("unread pages", f"GET /metrics HTTP/1.1\r\n{_HOST}{{known}}X: {{n}}\r\n\r\n" * 3, reads=False),
    Habit("unread refusals", f"GET /none HTTP/1.1\r\n{_HOST}{{known}}\r\n" * 300, reads=False),
    Habit("other words for it", f"GET /metrics HTTP/1.1\r\n{_HOST}{{known}}Accept: text/x{{n}}\r\n\r\n"),
    Habit("wrong passwords", f"GET /metrics HTTP/1.1\r\n{_HOST}{{wrong}}\r\n"),
    Habit("no passwords", f"GET /metrics HTTP/1.1\r\n{_HOST}\r\n"),
    Habit(
        "unfinished bodies",
        f"POST /none HTTP/1.1\r\n{_HOST}{{known}}Content-Length: 9000\r\n\r\nx",
        pause=60,
    ),
    Habit("no HTTP", "\x16\x03\x01{n}\r\n\r\n"),
    Habit("hasty", f"GET /-/healthy HTTP/1.1\r\n{_HOST}{{known}}\r\n", reads=False, pause=0.01),
)  # fmt: skip


@dataclass
class _Client:
    habit: Habit
    address: str
    socket: socket.socket | None = None
    unsent: bytes = b""
    due: float = 0.0


@dataclass
class Crowd:
    """So many connections to a port of this machine, as long as the block lasts.

    `credentials` are whole header lines by the names that habits use: known, wrong.
    """

    port: int
    connections: int
    credentials: Mapping[str, str] = field(default_factory=dict)
    habits: Sequence[Habit] = HABITS
    opened: int = 0
    sent: int = 0

    def __post_init__(self) -> None:
        self._ended = threading.Event()
        self._numbers = itertools.count()
        chance = random.Random(0)  # noqa: S311 (the same crowd each time)
        self._clients = [
            _Client(self.habits[n % len(self.habits)], chance.choice(ADDRESSES))
            for n in range(self.connections)
        ]
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join(60)
        for client in self._clients:
            if client.socket is not None:
                client.socket.close()

    def _run(self) -> None:
        while not self._ended.is_set():
            self._round(self._clients)
            time.sleep(0.005)

    def _round(self, clients: Iterable[_Client]) -> None:
        for client in clients:
            try:
                self._step(client)
            except OSError:
                if client.socket is not None:
                    client.socket.close()
                client.socket = None

    def _step(self, client: _Client) -> None:
        if client.socket is None:
            self._open(client)
            return
        if client.habit.reads:
            with contextlib.suppress(BlockingIOError):
                if not client.socket.recv(65536):
                    raise ConnectionResetError
        if client.due > time.monotonic():
            return
        if not client.unsent:
            client.unsent = self._text(client.habit)
            client.due = time.monotonic() + client.habit.pause
        piece = client.unsent[:1] if client.habit.drips else client.unsent
        with contextlib.suppress(BlockingIOError):
            done = client.socket.send(piece)
            client.unsent, self.sent = client.unsent[done:], self.sent + done
        if client.habit.drips:
            client.due = time.monotonic() + client.habit.pause

    def _open(self, client: _Client) -> None:
        client.socket = socket.socket()
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.socket.setblocking(False)
        client.socket.bind((client.address, 0))
        client.unsent, client.due = b"", 0.0
        if client.socket.connect_ex(("127.0.0.1", self.port)) not in (0, errno.EINPROGRESS):
            raise ConnectionResetError
        self.opened += 1

    def _text(self, habit: Habit) -> bytes:
        text = habit.sends.replace("{n}", str(next(self._numbers)))
        for name in ("known", "wrong"):
            text = text.replace(f"{{{name}}}", self.credentials.get(name, ""))
        return text.encode("latin-1")
