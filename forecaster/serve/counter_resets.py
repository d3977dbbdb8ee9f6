"""Resets of the counters behind a resource's values, counted by one query a cycle.

`rate` and `increase` bridge a reset, so that no series shows it: a host booted, a program started again, or a
counter that is not monotonic. A query that fails costs no cycle.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from forecaster.promql.results import DOWN, PromqlError
from forecaster.view.rollups import ABSURD

if TYPE_CHECKING:
    from collections.abc import Iterable

    from forecaster.config.resource import Resource
    from forecaster.promql.client import Client

LOG = logging.getLogger(__name__)

BEFORE = 300  # seconds before the time in question that may hold the last sample: Prometheus' look-back
HOUR = 3600  # seconds: what is asked about at most, and until a query that failed is tried again


def resets_query(counters: Iterable[str], seconds: int) -> str:
    """How often the counters were reset within the last `seconds`, as one value.

    A window alone misses the reset between its first sample and the one before. So the window begins earlier,
    and the resets of that beginning are taken off.
    """
    return " + ".join(
        f"(sum(resets({each}[{seconds + BEFORE}s])) or vector(0))"
        f" - (sum(resets({each}[{BEFORE}s] offset {seconds}s)) or vector(0))"
        for each in counters
    )


class CounterResets:
    """Counts those of one resource since the program started; `count` is None until the first answer."""

    def __init__(self) -> None:
        self.count: int | None = None
        self._asked_at: int | None = None  # the grid instant up to which they are counted
        self._not_before = 0  # the grid instant before which nothing is asked
        self._failing = False

    def ask(self, resource: Resource, step: int, client: Client, at: int) -> None:
        """Count those up to the grid instant `at` since the last one, or of one step; never raises."""
        since = step if self._asked_at is None else min(at - self._asked_at, HOUR)
        if not resource.counters or since <= 0 or at < self._not_before:
            return
        try:
            answer = client.query(resets_query(resource.counters, since), at, retries=0)
        except PromqlError as error:
            if error.result not in DOWN:  # it is refused or too slow, and would be again
                self._asked_at, self._not_before = None, at + HOUR
                self._say(resource.name, str(error))
            return
        self._asked_at, self._failing = at, False
        found = sum(float(track.values[-1]) for track in answer)
        # Samples that came late may make it negative, and an odd backend anything.
        self.count = (self.count or 0) + (round(found) if 0 <= found < ABSURD else 0)

    def turn_back(self) -> None:
        """The clock was far ahead, where there are no samples: begin again with one step."""
        self._asked_at, self._not_before = None, 0

    def _say(self, resource: str, error: str) -> None:
        """Log a failure once, until the query works again."""
        if not self._failing:
            LOG.warning("resets of counters are not counted", extra={"resource": resource, "err": error})
        self._failing = True
