"""A peer of raw bytes, in place of a backend whose answers no real one gives."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    Part = Callable[[socket.socket], None]


class Peer:
    """Plays `part` on each connection, after it has read the whole request.

    A socket that is closed with unread bytes resets the connection, so a request left half read would be
    a fault that no test here means: head and body may come in two pieces.
    """

    def __init__(self, part: Part) -> None:
        self.part = part
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.requests: list[bytes] = []
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            self.requests.append(_request(connection))
            self.part(connection)

    def close(self) -> None:
        """Accept no more."""
        self._socket.close()


def _request(connection: socket.socket) -> bytes:
    received = b""
    while not _is_whole(received) and (part := connection.recv(65536)):
        received += part
    return received


def _is_whole(request: bytes) -> bool:
    head, end, body = request.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: (\d+)", head)
    return bool(end) and len(body) >= int(length[1] if length else 0)
