"""Work that is repeated on a connection, and waits while libvirt cannot be reached."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from exporter.source.connection import Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from exporter.source.background import Background

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 10.0  # seconds between attempts to reach libvirt; each doubles the last


class Connecting(Protocol):
    """What opens the connection; see connection.Link."""

    def use(self) -> AbstractContextManager[Any]:
        """The open connection, for a step. Raises Unreachable."""

    def close(self) -> None:
        """Give the connection up."""


class Poller:
    """Repeats `step(connection)`; a step returns the seconds until the next one.

    `unreachable(error)` is called for each failed attempt to reach libvirt. A step that raises is counted and
    repeated.
    """

    def __init__(
        self,
        name: str,
        link: Connecting,
        step: Callable[[Any], float],
        background: Background,
        unreachable: Callable[[Unreachable], object] = lambda _error: None,
    ) -> None:
        self._name = name
        self._link = link
        self._step = step
        self._background = background
        self._unreachable = unreachable
        self._lock = threading.Lock()
        self._started = self._running = self._woken = self._stopping = False
        self._pauses = 0  # how many began: a pause that was cut short must not start a step when it is over
        self._backoff = FIRST_PAUSE

    def start(self) -> None:
        """Begin with the first step."""
        self._started = True
        self.wake()

    def stop(self) -> None:
        """End after the step in progress."""
        self._stopping = True
        self.wake()

    def wake(self) -> None:
        """The next step is due now."""
        with self._lock:
            self._woken = True
            if self._running or not self._started:
                return
            self._running = True
        self._background.run(self._name, self._run)

    def _run(self) -> None:
        """Steps until there is a pause, or `stop`."""
        while not self._stopping:
            self._woken = False
            pause = self._attempt()
            with self._lock:
                if not self._stopping and not self._woken:
                    self._running = False
                    self._pauses += 1
                    self._background.later(pause, self._name, partial(self._over, self._pauses))
                    return
        self._link.close()  # `_running` stays true: nothing starts any more

    def _over(self, pause: int) -> None:
        """A pause is over; a later one may have begun meanwhile."""
        if pause == self._pauses:
            self.wake()

    def _attempt(self) -> float:
        """One step; returns the seconds until the next."""
        try:
            with self._link.use() as connection:
                pause = self._step(connection)
        except Unreachable as error:
            self._unreachable(error)
            self._woken = False  # what opens a connection may wake: one that breaks at once is not hurried
            pause, self._backoff = self._backoff, min(2 * self._backoff, LONGEST_PAUSE)
            return pause
        except BaseException:  # noqa: BLE001 (the work goes on, whatever a step raises)
            self._background.failed(self._name)
            return FIRST_PAUSE
        self._backoff = FIRST_PAUSE
        return pause
