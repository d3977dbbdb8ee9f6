"""How many points of a range query the backend accepts, learned from what it refused."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_POINTS = 11_000  # Prometheus refuses a range query with more points per series
REMEMBER_SECONDS = 3600  # then a larger window is tried again: the refusal may have been load


class WindowSize:
    """The largest window that may be asked for; each refusal halves it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._most = MAX_POINTS
        self._until = -float("inf")

    @property
    def most(self) -> int:
        """Points of a window, at least 1."""
        return self._most if self._clock() < self._until else MAX_POINTS

    def refused(self, points: int) -> None:
        """A window of so many points failed; half of it is the most from now on."""
        self._most, self._until = max(1, points // 2), self._clock() + REMEMBER_SECONDS
