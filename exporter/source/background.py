"""The background work of one host, on the threads that all hosts share."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

from exporter.source.threads import THREADS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from exporter.source.threads import Threads, Work

log = logging.getLogger(__name__)


class Background:
    """Starts work and counts what fails. May be used from several threads."""

    def __init__(self, threads: Threads = THREADS) -> None:
        self._threads = threads
        self._lock = threading.Lock()
        self._failures: Counter[str] = Counter()

    def run(self, name: str, work: Work) -> None:
        """Start `work` at once. What it raises is logged and counted under `name`."""
        self._threads.run(partial(self.guarded, name, work))

    def later(self, seconds: float, name: str, work: Work) -> None:
        """The same in `seconds`."""
        self._threads.later(seconds, partial(self.guarded, name, work))

    def guarded(self, name: str, call: Callable[..., object], *arguments: object) -> None:
        """`call(*arguments)` in this thread; what it raises is logged and counted under `name`."""
        try:
            call(*arguments)
        except BaseException:  # noqa: BLE001 (the thread goes on, whatever its work raises)
            self.failed(name)

    def failed(self, name: str) -> None:
        """Count a failure of the work `name`; called while the exception is handled.

        The log has the first one; the others are debug messages, because a guest can cause many.
        """
        with self._lock:
            self._failures[name] += 1
            level = logging.ERROR if self._failures[name] == 1 else logging.DEBUG
        log.log(level, "background work failed", exc_info=True, extra={"task": name})

    def failures(self) -> Mapping[str, int]:
        """The failures so far, by name."""
        with self._lock:
            return dict(self._failures)
