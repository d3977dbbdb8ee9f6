"""A background thread that works on a connection of its own, and waits while libvirt cannot be reached."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any, Protocol

from exporter.source.connection import Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 10.0  # seconds between attempts to reach libvirt; each doubles the last


class Connecting(Protocol):
    """What opens the connection; see connection.Link."""

    def get(self) -> Any:
        """The open connection. Raises Unreachable."""

    def close(self) -> None:
        """Give the connection up."""


class Poller:
    """Repeats `step(connection)`; a step returns the seconds until the next one.

    `unreachable(error)` is called for each failed attempt to reach libvirt. A step that raises is logged and
    repeated.
    """

    def __init__(
        self,
        name: str,
        link: Connecting,
        step: Callable[[Any], float],
        unreachable: Callable[[Unreachable], object] = lambda _error: None,
    ) -> None:
        self._name = name
        self._link = link
        self._step = step
        self._unreachable = unreachable
        self._stopping = threading.Event()

    def start(self) -> None:
        """Start the thread."""
        threading.Thread(target=self.run, name=self._name, daemon=True).start()

    def stop(self) -> None:
        """End the thread after the step in progress."""
        self._stopping.set()

    def run(self) -> None:
        """The thread: until `stop`."""
        pause, backoff = 0.0, FIRST_PAUSE
        while not self._stopping.wait(pause):
            try:
                pause = self._step(self._link.get())
                backoff = FIRST_PAUSE
            except Unreachable as error:
                self._unreachable(error)
                pause, backoff = backoff, min(2 * backoff, LONGEST_PAUSE)
            except Exception:
                log.exception("a background task failed", extra={"task": self._name})
                pause = FIRST_PAUSE
        self._link.close()
