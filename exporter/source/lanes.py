"""Asks domains what may wait for a guest, one after the other, so that none that hangs holds up the others.

There is one lane while all answer. When a question hangs, another lane goes on beside it.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from exporter.source.calls import Handles
from exporter.source.connection import Unreachable
from exporter.source.shared_links import CALLS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from exporter.source.background import Background
    from exporter.source.shared_links import SharedLinks

T = TypeVar("T")

# Each that hangs holds one of libvirtd's 20 workers. Whoever takes a connection finds room on the first one.
MOST = CALLS - 1
PATIENCE = 1.0  # seconds until a question hangs


class Lanes(Generic[T]):
    """Calls `ask(domain, uuid, question)` for each domain; None for one that no longer exists.

    What it raises is counted under `task`. `room()` is how many of libvirtd's workers questions may hold now;
    one they may in any case. `clock` (monotonic seconds) is for tests.
    """

    def __init__(
        self,
        task: str,
        links: SharedLinks,
        ask: Callable[[Any, str, T], object],
        background: Background,
        *,
        room: Callable[[], int] = lambda: MOST,
        unreachable: Callable[[Unreachable], object] = lambda _error: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._task = task
        self._links = links
        self._ask = ask
        self._background = background
        self._room = room
        self._unreachable = unreachable
        self._clock = clock
        self._lock = threading.Lock()
        self._waiting: dict[str, T] = {}
        self._asked: dict[str, float] = {}  # when the questions in progress began, by UUID
        self._lanes = 0
        self._handles: Handles | None = None  # of the lane that ended last

    def put(self, questions: Mapping[str, T]) -> None:
        """Ask these domains, by UUID; those that are asked at this moment are left out. Returns at once."""
        most = max(1, min(MOST, self._room()))
        with self._lock:
            self._waiting |= {uuid: one for uuid, one in questions.items() if uuid not in self._asked}
            hung = sum(self._clock() - began >= PATIENCE for began in self._asked.values())
            if not self._waiting or self._lanes > hung or self._lanes >= most:
                return
            self._lanes += 1
        self._background.run(self._task, self._run)

    def _run(self) -> None:
        handles = self._begun()
        while (item := self._next(handles)) is not None:
            self._background.guarded(self._task, self._one, handles, *item)
            with self._lock:
                del self._asked[item[0]]

    def _begun(self) -> Handles:
        with self._lock:
            handles, self._handles = self._handles or Handles(), None
            return handles

    def _next(self, handles: Handles) -> tuple[str, T] | None:
        """The next question; None, and the end of the lane, if there is none."""
        with self._lock:
            if not self._waiting:
                self._lanes -= 1
                self._handles = handles
                return None
            uuid = next(iter(self._waiting))
            self._asked[uuid] = self._clock()
            return uuid, self._waiting.pop(uuid)

    def _one(self, handles: Handles, uuid: str, question: T) -> None:
        try:
            with self._links.use() as connection:
                found = handles.of(connection, (uuid,))
                self._ask(found[0] if found else None, uuid, question)
        except Unreachable as error:
            with self._lock:
                self._waiting.clear()
            self._unreachable(error)
