"""A time for a whole request: when it is over, the connection is cut, whatever the other side still sends.

A socket's own timeout restarts with every byte, so a peer that drips would hold a request for ever.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from typing import TYPE_CHECKING, Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Deadline:
    """Of one request; `over` says that it was cut."""

    def __init__(self, until: float) -> None:
        self.over = False
        self.until = until  # by the monotonic clock


class Deadlines:
    """Cuts the connections of an adapter `seconds` after a request begins. Not for several threads at once.

    A thread that each request starts would cost more than many a request. One watches them all: it looks
    when the request is over that it saw last, begun earlier and so over before any later one, and ends when
    there is none.
    """

    def __init__(self, adapter: CuttableAdapter, seconds: float) -> None:
        self._adapter, self._seconds = adapter, seconds
        self._lock = threading.Lock()
        self._current: Deadline | None = None
        self._is_watched = False

    @contextlib.contextmanager
    def request(self) -> Iterator[Deadline]:
        """The block is one request."""
        deadline = Deadline(time.monotonic() + self._seconds)
        with self._lock:
            self._current = deadline
            if not self._is_watched:
                threading.Thread(target=self._watch, name="deadlines", daemon=True).start()
                self._is_watched = True
        try:
            yield deadline
        finally:
            with self._lock:
                self._current = None

    def _watch(self) -> None:
        while (seconds := self._left()) > 0:
            time.sleep(seconds)

    def _left(self) -> float:
        """Seconds until the current request is to be cut; 0 when there is none, or it was cut now."""
        with self._lock:
            left = self._current.until - time.monotonic() if self._current else 0.0
            if left > 0:
                return left
            self._is_watched = False
            if self._current:
                self._current.over = True
                self._adapter.cut()
            return 0.0


class CuttableAdapter(HTTPAdapter):
    """An adapter of requests that can cut its open connections from another thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _pools(self._opened)

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = _pools(self._opened)
        return manager

    def cut(self) -> None:
        """Shut every open connection; who reads from one gets an error at once."""
        with self._lock:
            cut, self._open = self._open, set()
        for each in cut:
            # A copy of the descriptor: a TLS socket must not be touched by two threads.
            with contextlib.suppress(OSError), socket.socket(fileno=os.dup(each.fileno())) as copy:
                copy.shutdown(socket.SHUT_RDWR)

    def _opened(self, opened: socket.socket) -> None:
        with self._lock:
            self._open = {each for each in self._open if each.fileno() >= 0} | {opened}


def _pools(opened: Callable[[socket.socket], None]) -> dict[str, type[HTTPConnectionPool]]:
    """Pools whose connections tell `opened` of their sockets."""

    class HTTPConnectionSeen(HTTPConnection):
        def connect(self) -> None:
            super().connect()
            opened(self.sock)

    class HTTPSConnectionSeen(HTTPSConnection):
        def connect(self) -> None:
            super().connect()
            opened(self.sock)

    plain = type("PlainPool", (HTTPConnectionPool,), {"ConnectionCls": HTTPConnectionSeen})
    tls = type("TlsPool", (HTTPSConnectionPool,), {"ConnectionCls": HTTPSConnectionSeen})
    return {"http": plain, "https": tls}
