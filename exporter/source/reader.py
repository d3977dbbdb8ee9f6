"""Reads something in the background, beside the statistics, so that no scrape depends on it."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from exporter.source.connection import Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable

    from exporter.source.background import Background

log = logging.getLogger(__name__)

T = TypeVar("T")

PATIENCE = 0.5  # seconds that a scrape waits for a read it has begun; a read begun before is not waited for


class Timing(NamedTuple):
    """Seconds until a value is read again, and until it is too old to be exported."""

    interval: float
    keep: float


EACH_SCRAPE = Timing(0.0, 5.0)
SELDOM = Timing(15.0, 120.0)
MINUTELY = Timing(60.0, 300.0)
RARELY = Timing(300.0, 900.0)


class Reader(Generic[T]):
    """Runs `read()` on demand, one at a time. While a read is stuck no other is begun.

    `changed` and `clock` (monotonic seconds) are for tests.
    """

    def __init__(
        self,
        name: str,
        read: Callable[[], T],
        timing: Timing,
        background: Background,
        *,
        changed: threading.Condition | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self._read = read
        self._timing = timing
        self._background = background
        self._changed = changed or threading.Condition()
        self._clock = clock
        self._stopping = False
        self._wanted = False
        self._began = float("-inf")  # monotonic, as the times below
        self._due = float("-inf")
        self._read_at = float("-inf")
        self._value: T | None = None
        self._reason = ""
        self.updated: float | None = None  # Unix time
        self.failures = 0
        self.skipped = 0  # items that the last read left out

    def begin(self) -> None:
        """Start a read if the last one is due again; returns at once."""
        with self._changed:
            now = self._clock()
            if self._stopping or self._wanted or now < self._due:
                return
            self._wanted, self._began = True, now
            self._due = now + self._timing.interval
        self._background.run(f"read-{self.name}", self._run)

    def get(self, until: float) -> T | None:
        """The latest value, by `until` (monotonic seconds); None if it is too old."""
        with self._changed:
            while self._wanted and (now := self._clock()) < min(until, self._began + PATIENCE):
                self._changed.wait(min(until, self._began + PATIENCE) - now)
            return self._value if self._clock() - self._read_at <= self._timing.keep else None

    def expire(self) -> None:
        """The value may have changed: the next scrape reads again."""
        with self._changed:
            self._due = float("-inf")

    def stop(self) -> None:
        """Begin no more reads."""
        with self._changed:
            self._stopping = True

    def _run(self) -> None:
        value, error = self._attempt()
        with self._changed:
            self._wanted = False
            self._note(value, error)
            self._changed.notify_all()

    def _attempt(self) -> tuple[T | None, BaseException | None]:
        try:
            return self._read(), None
        except BaseException as error:  # noqa: BLE001 (any failure costs this reading only, and is counted)
            return None, error

    def _note(self, value: T | None, error: BaseException | None) -> None:
        if error is None:
            self._value, self._read_at, self.updated = value, self._clock(), time.time()
            self._reason = ""
            return
        self.failures += 1
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        if isinstance(error, Unreachable):  # logged by others
            self._due = float("-inf")  # again at the next scrape: libvirt may be back
        elif reason != self._reason:
            log.warning("a reading failed", extra={"reading": self.name, "reason": reason})
        self._reason = reason
