"""Time that tests set by hand: waiting takes none of it really, and what happens meanwhile is said before."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass
class FakeTime:
    """A clock (call it for monotonic seconds), and what happens at which of its times."""

    now: float = 1000.0
    _events: list[tuple[float, int, Callable[[], object]]] = field(default_factory=list)
    _numbers: count[int] = field(default_factory=count)

    def __call__(self) -> float:
        return self.now

    def at(self, when: float, event: Callable[[], object]) -> None:
        """Let this happen at a time."""
        heappush(self._events, (when, next(self._numbers), event))

    def after(self, seconds: float, event: Callable[[], object]) -> None:
        """Let this happen in so many seconds."""
        self.at(self.now + seconds, event)

    def pass_until(self, when: float, *, first_only: bool = False) -> bool:
        """Let time pass; with `first_only` no further than to the first event. Whether there was one."""
        happened = False
        while self._events and self._events[0][0] <= when and not (happened and first_only):
            self.now, _, event = heappop(self._events)
            event()
            happened = True
        if not (happened and first_only):
            self.now = max(self.now, when)
        return happened


class FakeCondition(threading.Condition):
    """A condition for one thread: to wait is to let time pass until the next event, or the timeout."""

    def __init__(self, time: FakeTime) -> None:
        super().__init__(threading.RLock())
        self._time = time
        self.waits: list[float] = []  # the timeouts

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None, "would wait for ever"
        assert timeout > 0, "would wait again and again"
        self.waits.append(timeout)
        return self._time.pass_until(self._time.now + timeout, first_only=True)

    def notify_all(self) -> None:
        """Nobody waits: the events happen within `wait`."""
