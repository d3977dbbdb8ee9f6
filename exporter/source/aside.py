"""Something read beside the statistics, in a thread of its own, so that no scrape depends on it."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from exporter.source.connection import Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)

T = TypeVar("T")

PATIENCE = 0.5  # seconds a scrape waits for a reading it has begun; none waits for one begun before it


class Timing(NamedTuple):
    """Seconds: how long a reading is young enough not to be read again, and how long it may be shown."""

    interval: float
    keep: float


EACH_SCRAPE = Timing(0.0, 5.0)
SELDOM = Timing(15.0, 120.0)
MINUTELY = Timing(60.0, 300.0)


class Aside(Generic[T]):
    """`read()` on demand, one at a time; a reading that hangs is not begun again, and soon not shown.

    `close()` follows the last reading, in the same thread.
    """

    def __init__(
        self, name: str, read: Callable[[], T], timing: Timing, close: Callable[[], None] = lambda: None
    ) -> None:
        self.name = name
        self._read = read
        self._timing = timing
        self._close = close
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._stopping = False
        self._wanted = False
        self._began = float("-inf")  # monotonic, as are the times below
        self._due = float("-inf")
        self._read_at = float("-inf")
        self._value: T | None = None
        self._reason = ""
        self.updated: float | None = None  # Unix time
        self.failures = 0

    def begin(self) -> None:
        """Read anew if the last reading is old; returns at once."""
        with self._changed:
            now = time.monotonic()
            if self._stopping or self._wanted or now < self._due:
                return
            self._wanted, self._began = True, now
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=f"read-{self.name}", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def get(self, until: float) -> T | None:
        """The latest reading, at `until` (monotonic seconds) at the latest; None if it is too old."""
        with self._changed:
            while self._wanted and (now := time.monotonic()) < min(until, self._began + PATIENCE):
                self._changed.wait(min(until, self._began + PATIENCE) - now)
            return self._value if time.monotonic() - self._read_at <= self._timing.keep else None

    def expire(self) -> None:
        """What was read may not be so any more: the next scrape reads anew."""
        with self._changed:
            self._due = float("-inf")

    def stop(self) -> None:
        """End the thread after the reading in flight."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._wanted or self._stopping)
                if self._stopping:
                    break
                self._due = time.monotonic() + self._timing.interval
            value, error = self._attempt()
            with self._changed:
                self._wanted = False
                self._note(value, error)
                self._changed.notify_all()
        self._close()

    def _attempt(self) -> tuple[T | None, Exception | None]:
        try:
            return self._read(), None
        except Exception as error:  # noqa: BLE001 (whatever it is, it costs this reading only, and is counted)
            return None, error

    def _note(self, value: T | None, error: Exception | None) -> None:
        if error is None:
            self._value, self._read_at, self.updated = value, time.monotonic(), time.time()
            self._reason = ""
            return
        self.failures += 1
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        if isinstance(error, Unreachable):  # which others log
            self._due = float("-inf")  # tried again as soon as libvirt may be back
        elif reason != self._reason:
            log.warning("cannot be read", extra={"what": self.name, "reason": reason})
        self._reason = reason
