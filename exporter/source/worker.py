"""Runs calls over a connection, one at a time."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from exporter.source.background import Background

    Call = Callable[[Any], Any]
    Done = Callable[[Any, Exception | None], None]


class Connecting(Protocol):
    """What opens the connection; see connection.Link."""

    def get(self) -> Any:
        """The open connection."""

    def is_broken(self, connection: Any) -> bool:
        """Whether this connection is lost."""


class Worker:
    """Runs calls one after the other; a stuck call blocks only those behind it."""

    def __init__(self, link: Connecting, name: str, background: Background) -> None:
        self.link = link
        self.name = name
        self._background = background
        self._lock = threading.Lock()
        self._calls: deque[tuple[Call, Done]] = deque()
        self._running = False

    def submit(self, call: Call, done: Done) -> None:
        """Start `call(connection)`; `done(result, error)` follows in another thread, whatever is raised."""
        with self._lock:
            self._calls.append((call, done))
            if self._running:
                return
            self._running = True
        self._background.run(self.name, self._run)

    def _run(self) -> None:
        while (item := self._next()) is not None:
            call, done = item
            self._background.guarded(self.name, done, *self._attempt(call))

    def _next(self) -> tuple[Call, Done] | None:
        with self._lock:
            self._running = bool(self._calls)
            return self._calls.popleft() if self._calls else None

    def _attempt(self, call: Call) -> tuple[Any, Exception | None]:
        """The result of the call, tried twice if the connection was lost since its last use."""
        for last_try in (False, True):
            connection = None
            try:
                connection = self.link.get()
                return call(connection), None
            except Exception as error:  # noqa: BLE001 (passed to `done`)
                if last_try or connection is None or not self.link.is_broken(connection):
                    return None, error
            except BaseException as error:  # noqa: BLE001 (`done` must follow, or its caller waits for ever)
                return None, RuntimeError(repr(error))
        raise AssertionError("unreachable")
