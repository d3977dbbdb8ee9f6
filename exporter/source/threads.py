"""The threads of the process, which all sources share: as many as there is work in progress.

Work may block for as long as libvirt does not answer. A stuck call then holds one thread, and no other work
waits for it: there is no upper limit here, because those who start work limit their own calls.
"""

from __future__ import annotations

import heapq
import logging
import threading
import time
from collections import deque
from itertools import count
from typing import TYPE_CHECKING

from exporter import tasks

if TYPE_CHECKING:
    from collections.abc import Callable

    Work = Callable[[], object]

log = logging.getLogger(__name__)

IDLE = 5.0  # seconds after which a thread without work ends


class Threads:
    """Runs work in threads that are kept for a while; daemons, so that a stuck call ends with the process."""

    def __init__(self, idle: float = IDLE) -> None:
        self._idle_seconds = idle
        self._changed = threading.Condition()
        self._work: deque[Work] = deque()
        self._idle = 0
        self._number = count()
        self._timed = threading.Condition()
        self._due: list[tuple[float, int, Work]] = []
        self._timer: threading.Thread | None = None

    def run(self, work: Work) -> None:
        """Start `work` at once, or when a thread is free if the system has no more of them."""
        with self._changed:
            self._work.append(work)
            if len(self._work) <= self._idle:
                self._changed.notify()
                return
            try:
                _start(self._loop, f"libvirt-{next(self._number)}")
            except RuntimeError as error:
                _tell(error)

    def later(self, seconds: float, work: Work) -> None:
        """Start `work` in `seconds`."""
        with self._timed:
            heapq.heappush(self._due, (time.monotonic() + seconds, next(self._number), work))
            if self._timer is None:
                try:
                    self._timer = _start(self._keep_time, "libvirt-timer")
                except RuntimeError as error:  # whoever is next starts it: what is due is kept
                    _tell(error)
            self._timed.notify()

    def _loop(self) -> None:
        while (work := self._next()) is not None:
            try:
                work()
            except BaseException:  # a thread outlives its work, whatever that raises
                log.exception("background work failed")
            del work  # it may refer to a connection, which stays open as long

    def _next(self) -> Work | None:
        """The next work; None after a while without any."""
        with self._changed:
            self._idle += 1
            self._changed.wait_for(lambda: self._work, self._idle_seconds)
            self._idle -= 1
            return self._work.popleft() if self._work else None

    def _keep_time(self) -> None:
        while True:
            with self._timed:
                while not self._due or (pause := self._due[0][0] - time.monotonic()) > 0:
                    self._timed.wait(pause if self._due else None)
                _, _, work = heapq.heappop(self._due)
            self.run(work)
            del work


def _tell(error: RuntimeError) -> None:
    log.error("no thread for background work", extra={"reason": str(error), "advice": tasks.RAISE})


def _start(target: Work, name: str) -> threading.Thread:
    thread = threading.Thread(target=target, name=name, daemon=True)
    thread.start()
    return thread


THREADS = Threads()
