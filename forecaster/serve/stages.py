"""Where the time of a cycle goes."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Asking for limits and sensitivities; waiting for values; the engine; newcomers and their history; asking
# about VMs, hosts and pools; what is remembered of advice; handing over to readers.
STAGES = ("bounds", "read", "engine", "newcomers", "inventory", "advice", "publish")


class Stages:
    """Seconds by stage, since it was made. A stage within another one counts for itself alone."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.seconds = dict.fromkeys(STAGES, 0.0)
        self._clock, self._stage, self._since = clock, "", 0.0

    @contextmanager
    def within(self, stage: str) -> Iterator[None]:
        """The time of the block is that of the stage."""
        outer = self._stage
        self._turn(stage)
        try:
            yield
        finally:
            self._turn(outer)

    def _turn(self, stage: str) -> None:
        now = self._clock()
        if self._stage:
            self.seconds[self._stage] += now - self._since
        self._stage, self._since = stage, now
