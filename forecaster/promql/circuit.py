"""A circuit breaker: a backend that is silent or out of order is left alone, then tried with one query."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from forecaster.promql.results import PromqlError, Result

if TYPE_CHECKING:
    from collections.abc import Callable

FAILURES = 3  # queries without an answer in a row that open it
PAUSE_SECONDS = 5.0  # until it is tried; less than the 15 s after which the loop asks again


class Circuit:
    """The state of one client's backend. `is_open` from the third query without an answer to the next answer.

    An error is an answer, too, unless it may pass by itself. `openings` and `refused` queries are counted
    since the client was made.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.openings = 0
        self.refused = 0
        self._clock = clock
        self._failures = 0
        self._tried_at = 0.0
        self._told = ""

    @property
    def is_open(self) -> bool:
        """Whether the backend is only tried now and then."""
        return self._failures >= FAILURES

    @property
    def is_failing(self) -> bool:
        """Whether the last query got no answer."""
        return self._failures > 0

    def check(self) -> None:
        """Raise PromqlError while the backend is left alone."""
        left = self._tried_at + PAUSE_SECONDS - self._clock()
        if self.is_open and left > 0:
            self.refused += 1
            raise PromqlError(Result.UNREACHABLE, f"{self._told} (tried again in {left:.0f} s)")

    def answered(self) -> None:
        """The backend answered, whatever it said."""
        self._failures = 0

    def unanswered(self, told: str) -> None:
        """A query got no answer, for the reason `told`."""
        self._failures += 1
        self._tried_at, self._told = self._clock(), told
        self.openings += self._failures == FAILURES
