"""A pause for clients that ask faster than any reader of metrics does."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

WINDOW = 1.0  # seconds in which requests are counted
LONGEST = 10.0  # seconds of a pause


class Pace:
    """Counts requests by client. The answer never waits, only the next request on the same connection.

    `most` requests in a second cause no pause. Each further one makes it a second longer, so that a client
    with many connections gets little more than one with few. Prometheus has a connection for each target.
    """

    def __init__(self, most: int = 5, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._clock = most, clock
        self._since = clock()
        self._counts: Counter[Hashable] = Counter()
        self._before: Counter[Hashable] = Counter()  # in the window before

    def is_hasty(self, client: Hashable) -> bool:
        """Whether the client asked too often just now."""
        return max(self._counts[client], self._before[client]) > self._most

    def after(self, client: Hashable) -> float:
        """Seconds to wait after the answer to another request of the client."""
        now = self._clock()
        if now - self._since >= WINDOW:
            self._since, self._counts, self._before = now, Counter(), self._counts
        self._counts[client] += 1
        return float(min(LONGEST, max(0, self._counts[client] - self._most)))
