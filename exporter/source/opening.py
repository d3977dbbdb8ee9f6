"""Opens connections within a time: libvirt waits without limit for a daemon that takes one and is silent.

Such a call cannot be ended. It is abandoned, in a thread of its own, and what it opens late is closed.
"""

from __future__ import annotations

import contextlib
import threading
import time
from concurrent.futures import Future, wait
from typing import TYPE_CHECKING, Any

import libvirt

from exporter.source.threads import THREADS

if TYPE_CHECKING:
    from collections.abc import Callable

LIMIT = 60.0  # seconds: TLS and SSH over a slow line ask several times; a daemon that starts has much to do
MOST_ABANDONED = 2  # calls that are followed by another at once
# Seconds until the next one after so many: the host of the daemon may be another by now, and a call that
# waits for the old one never ends. Each call doubles it, up to this: some ten on the first day, then four.
LONGEST_PAUSE = 6 * 3600.0
MOST_DOUBLED = 9  # times: by then it is the longest


class Silent(Exception):  # noqa: N818 (a state, not a mistake)
    """The daemon does not answer; the message is a part of a line."""


class Opening:
    """Opens connections, one at a time, by `dial()`.

    `limit` and `clock` (monotonic seconds) are for tests.
    """

    def __init__(
        self, dial: Callable[[], Any], limit: float = LIMIT, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._dial = dial
        self._limit = limit
        self._clock = clock
        self._lock = threading.Lock()
        self._abandoned = 0
        self._again = float("-inf")  # monotonic

    def open(self) -> Any:
        """A connection. Raises Silent, or what `dial` raises."""
        with self._lock:
            if self._abandoned >= MOST_ABANDONED and self._clock() < self._again:
                raise Silent(f"{self._abandoned} attempts still wait for an answer")
        attempt: Future[Any] = Future()
        THREADS.run(lambda: self._run(attempt))
        if wait((attempt,), self._limit).not_done:
            self._abandon(attempt)
            raise Silent(f"no answer within {self._limit:.0f} s")
        return attempt.result()

    def _run(self, attempt: Future[Any]) -> None:
        try:
            attempt.set_result(self._dial())
        except BaseException as error:  # noqa: BLE001 (raised where it is waited for)
            attempt.set_exception(error)

    def _abandon(self, attempt: Future[Any]) -> None:
        with self._lock:
            self._abandoned += 1
            self._again = self._clock() + min(
                self._limit * 2 ** min(self._abandoned, MOST_DOUBLED), LONGEST_PAUSE
            )
        attempt.add_done_callback(self._ended)  # at once if it has ended meanwhile

    def _ended(self, attempt: Future[Any]) -> None:
        with self._lock:
            self._abandoned -= 1
        if attempt.exception() is None:
            with contextlib.suppress(libvirt.libvirtError):
                attempt.result().close()
