"""A time for a whole request: when it is over, the connection is cut, whatever the other side still sends.

A socket's own timeout restarts with every byte, so a peer that drips would hold a request for ever.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from typing import TYPE_CHECKING, Any, Self

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

if TYPE_CHECKING:
    from collections.abc import Callable


class Deadline:
    """Cuts the connections of an adapter `seconds` after the block begins; `over` says that it did."""

    def __init__(self, adapter: CuttableAdapter, seconds: float) -> None:
        self.over = False
        self._adapter = adapter
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def _end(self) -> None:
        self.over = True
        self._adapter.cut()


class CuttableAdapter(HTTPAdapter):
    """An adapter of requests that can cut its open connections from another thread."""

    def __init__(self) -> None:
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
        for each in list(self._open):
            # A copy of the descriptor: a TLS socket must not be touched by two threads.
            with contextlib.suppress(OSError), socket.socket(fileno=os.dup(each.fileno())) as copy:
                copy.shutdown(socket.SHUT_RDWR)
        self._open.clear()

    def _opened(self, opened: socket.socket) -> None:
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
