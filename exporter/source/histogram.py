"""A histogram that grows by observations."""

from __future__ import annotations

from bisect import bisect_left
from itertools import accumulate
from typing import TYPE_CHECKING

from exporter.metric import Distribution

if TYPE_CHECKING:
    from collections.abc import Sequence


class Histogram:
    """Counts by upper bound, `bounds` ascending; not thread-safe."""

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = (*bounds, float("inf"))
        self._counts = [0] * len(self._bounds)
        self._sum = 0.0

    def observe(self, value: float | None) -> None:
        """Count a value; None is what was not measured."""
        if value is not None:
            self._counts[bisect_left(self._bounds, value)] += 1
            self._sum += value

    def read(self) -> Distribution:
        """The counts so far, cumulative."""
        return Distribution(tuple(zip(self._bounds, accumulate(self._counts), strict=True)), self._sum)
