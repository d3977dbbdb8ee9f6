"""Steps of this machine's clock: someone set it, or it was far off and was set right."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

LOG = logging.getLogger(__name__)

LEAST_SECONDS = 2.0  # NTP slews smaller offsets by 0.5 ms a second at most


class ClockSteps:
    """Counts them by `look`, which compares the clock with one that nobody sets."""

    def __init__(self, clock: Callable[[], float], steady: Callable[[], float] | None = None) -> None:
        self.count = 0
        self._clock = clock
        # A clock of a test goes as steadily as the test wants.
        self._steady = steady or (time.monotonic if clock is time.time else clock)
        self._offset = self._now()

    def look(self) -> None:
        """Count a step since the last look."""
        before, self._offset = self._offset, self._now()
        step = self._offset - before
        if abs(step) >= LEAST_SECONDS:
            self.count += 1
            LOG.warning("this machine's clock was set", extra={"seconds": round(step, 1)})

    def _now(self) -> float:
        return self._clock() - self._steady()
