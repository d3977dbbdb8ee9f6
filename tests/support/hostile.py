"""A crowd of hostile HTTP clients: many connections, each of which does one thing that a client should not.

What the server closes is opened again at once. The crowd comes from several addresses, so that no limit for
one client holds it off. It runs in a process of its own, which a test starts with `crowd`.
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import json
import random
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

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
    Habit("unfinished bodies", f"POST /none HTTP/1.1\r\n{_HOST}Content-Length: 9000\r\n\r\nx", pause=60),
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
class _Crowd:
    """So many connections to a port of this machine; `credentials` are header lines by {known}, {wrong}."""

    port: int
    connections: int
    credentials: Mapping[str, str]
    habits: Sequence[Habit]
    _numbers: itertools.count[int] = field(default_factory=itertools.count)

    def run(self) -> None:
        """Until the process is ended."""
        chance = random.Random(0)  # noqa: S311 (the same crowd each time)
        clients = [
            _Client(self.habits[n % len(self.habits)], chance.choice(ADDRESSES))
            for n in range(self.connections)
        ]
        while True:
            for client in clients:
                try:
                    self._step(client)
                except OSError:
                    if client.socket is not None:
                        client.socket.close()
                    client.socket = None
            time.sleep(0.005)

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
            client.unsent = client.unsent[client.socket.send(piece) :]
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

    def _text(self, habit: Habit) -> bytes:
        text = habit.sends.replace("{n}", str(next(self._numbers)))
        for name in ("known", "wrong"):
            text = text.replace(f"{{{name}}}", self.credentials.get(name, ""))
        return text.encode("latin-1")


@contextlib.contextmanager
def crowd(
    port: int, connections: int, credentials: Mapping[str, str], habits: Sequence[Habit] = HABITS
) -> Iterator[None]:
    """The crowd, as long as the block lasts."""
    names = [habit.name for habit in habits]
    arguments = json.dumps(
        {"port": port, "connections": connections, "credentials": credentials, "names": names}
    )
    with subprocess.Popen([sys.executable, __file__, arguments]) as process:
        try:
            yield
            assert process.poll() is None, "the crowd has gone"
        finally:
            process.kill()


def main() -> None:
    """Be the crowd that the argument describes."""
    given = json.loads(sys.argv[1])
    names = given.pop("names")
    habits = [habit for habit in HABITS if habit.name in names]
    _Crowd(**given, habits=habits).run()


if __name__ == "__main__":
    main()
