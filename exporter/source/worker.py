"""A thread with a connection of its own that runs one call at a time."""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    Call = Callable[[Any], Any]
    Done = Callable[[Any, Exception | None], None]


class Connecting(Protocol):
    """What opens the connection; see connection.Link."""

    opened: int

    def get(self) -> Any:
        """The open connection."""

    def is_broken(self) -> bool:
        """Whether the connection of the last `get` is lost."""


class Worker:
    """Runs calls one after the other; a stuck call blocks only those behind it."""

    def __init__(self, link: Connecting, name: str) -> None:
        self.link = link
        self._calls: queue.SimpleQueue[tuple[Call, Done] | None] = queue.SimpleQueue()
        threading.Thread(target=self._run, name=name, daemon=True).start()

    def submit(self, call: Call, done: Done) -> None:
        """Start `call(connection)`; `done(result, error)` follows in the worker's thread."""
        self._calls.put((call, done))

    def stop(self) -> None:
        """End the thread after the call in progress."""
        self._calls.put(None)

    def _run(self) -> None:
        while (item := self._calls.get()) is not None:
            call, done = item
            result, error = self._attempt(call)
            done(result, error)

    def _attempt(self, call: Call) -> tuple[Any, Exception | None]:
        """The result of the call, tried twice if the connection was lost since its last use."""
        for last_try in (False, True):
            try:
                return call(self.link.get()), None
            except Exception as error:  # noqa: BLE001 (passed to `done`)
                if last_try or not self.link.is_broken():
                    return None, error
        raise AssertionError("unreachable")
