"""A pause for clients that ask faster than any reader of metrics does."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

WINDOW = 1.0  # seconds in which requests are counted


class Pace:
    """Counts requests by client. The answer never waits, only the next request on the same connection.

    `most` requests in a second cause no pause: a Prometheus with hundreds of targets of /probe sends fewer.
    """

    def __init__(
        self, most: int = 50, pause: float = 1.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most, self._pause, self._clock = most, pause, clock
        self._since = clock()
        self._counts: Counter[Hashable] = Counter()

    def after(self, client: Hashable) -> float:
        """Seconds to wait after the answer to another request of the client."""
        now = self._clock()
        if now - self._since >= WINDOW:
            self._since, self._counts = now, Counter()
        self._counts[client] += 1
        return self._pause if self._counts[client] > self._most else 0.0
