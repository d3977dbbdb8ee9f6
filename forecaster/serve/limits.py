"""The bounds in force for each series: overrides by matchers, then limits asked by PromQL, then the
resource's own.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from forecaster.config.bounds import Bounds
    from forecaster.config.resource import Resource
    from forecaster.series.frame import Track
    from forecaster.series.labels import Labels


class AskedLimits:
    """What a limit_query gave, by its labels; a limit that is told no more stands for `keep` seconds."""

    def __init__(self) -> None:
        self.values: dict[Labels, float] = {}
        self._told_at: dict[Labels, int] = {}

    def tell(self, tracks: Iterable[Track], now: int, keep: int) -> None:
        """The answer at Unix second `now`."""
        for track in tracks:
            limit = float(track.values[-1])
            if math.isfinite(limit):
                self.values[track.labels], self._told_at[track.labels] = limit, now
        self._told_at = {labels: at for labels, at in self._told_at.items() if now - at <= keep}
        self.values = {labels: self.values[labels] for labels in self._told_at}

    def told(self) -> list[tuple[Labels, float, int]]:
        """What stands, and when it was told last."""
        return [(labels, limit, self._told_at[labels]) for labels, limit in self.values.items()]

    def tell_again(self, told: Iterable[tuple[Iterable[Iterable[str]], float, int]]) -> None:
        """What `told` gave, as JSON keeps it."""
        rows = [(tuple((name, value) for name, value in labels), limit, at) for labels, limit, at in told]
        self.values = {labels: limit for labels, limit, _ in rows}
        self._told_at = {labels: at for labels, _, at in rows}


def bounds_in_force(
    resource: Resource, labels: Sequence[Labels], asked: Mapping[Labels, float]
) -> list[Bounds]:
    """The bounds of each series; `asked` holds the limits that the resource's limit_query gave, by its
    labels.
    """
    shapes = sorted({tuple(name for name, _ in row) for row in asked}, key=len, reverse=True)
    found = []
    for row in labels:
        bounds, overridden = resource.bounds(row)
        limit = math.nan if overridden else _asked(dict(row), shapes, asked)
        found.append(bounds if math.isnan(limit) else replace(bounds, limit=limit))
    return found


def _asked(row: dict[str, str], shapes: Sequence[tuple[str, ...]], asked: Mapping[Labels, float]) -> float:
    """The limit whose labels the series has all of, the most of them first; NaN without one."""
    for shape in shapes:
        if all(name in row for name in shape):
            limit = asked.get(tuple((name, row[name]) for name in shape))
            if limit is not None:
                return limit
    return math.nan
