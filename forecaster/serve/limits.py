"""The bounds in force for each series: overrides by matchers, then what is asked by PromQL, then the
resource's own.
"""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from forecaster.promql.results import DOWN, PromqlError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from forecaster.config.bounds import Bounds
    from forecaster.config.resource import Resource
    from forecaster.promql.client import Client
    from forecaster.series.frame import Track
    from forecaster.series.labels import Labels

LOG = logging.getLogger(__name__)

# A sensitivity beyond these is a mistake: no anomaly would be seen, or nothing else.
LEAST_SENSITIVE, MOST_SENSITIVE = 0.1, 10.0


@dataclass(frozen=True)
class Asked:
    """A bound of series that a query gives: the key of a resource, the bound, and which values are valid."""

    key: str
    bound: str
    is_valid: Callable[[float], bool]


ASKED = (
    Asked("limit_query", "limit", math.isfinite),
    Asked("sensitivity_query", "anomaly_threshold", lambda value: LEAST_SENSITIVE <= value <= MOST_SENSITIVE),
)


class AskedValues:
    """What a query gave, by its labels; a value that is told no more stands for `keep` seconds.

    `invalid` is how many values of the last answer cannot be used.
    """

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.values: dict[Labels, float] = {}
        self.invalid = 0
        self._told_at: dict[Labels, int] = {}

    def tell(self, tracks: Iterable[Track], now: int, keep: int) -> None:
        """The answer at Unix second `now`."""
        before, self.invalid = self.invalid, 0
        for track in tracks:
            value = float(track.values[-1])
            if self.asked.is_valid(value):
                self.values[track.labels], self._told_at[track.labels] = value, now
            else:
                self.invalid += 1
        if self.invalid and not before:
            LOG.warning("values are left out", extra={"query": self.asked.key, "values": self.invalid})
        self._told_at = {labels: at for labels, at in self._told_at.items() if now - at <= keep}
        self.values = {labels: self.values[labels] for labels in self._told_at}

    def told(self) -> list[tuple[Labels, float, int]]:
        """What stands, and when it was told last."""
        return [(labels, value, self._told_at[labels]) for labels, value in self.values.items()]

    def tell_again(self, told: Iterable[tuple[Iterable[Iterable[str]], float, int]]) -> None:
        """What `told` gave, as JSON keeps it."""
        rows = [(tuple((name, value) for name, value in labels), value, at) for labels, value, at in told]
        self.values = {labels: value for labels, value, _ in rows}
        self._told_at = {labels: at for labels, _, at in rows}


class AskedBounds:
    """What the queries of a resource gave, by the key of the query."""

    def __init__(self) -> None:
        self.by_key = {each.key: AskedValues(each) for each in ASKED}

    def ask(self, resource: Resource, client: Client, now: int, keep: int) -> PromqlError | None:
        """Ask at Unix second `now`. What was told last holds where nothing is told, or asking fails: that
        error is given. Raises PromqlError if the backend is down.
        """
        failure = None
        for key, values in self.by_key.items():
            query = getattr(resource, key)
            if query is None:
                continue
            try:
                tracks = client.instant(query, now)
            except PromqlError as error:
                if error.result in DOWN:
                    raise
                failure = PromqlError(error.result, f"{key}: {error}")
            else:
                values.tell(tracks, now, keep)
        return failure

    def change(self, before: Resource, after: Resource) -> None:
        """What another query gave does not count any more."""
        for each in ASKED:
            if getattr(before, each.key) != getattr(after, each.key):
                self.by_key[each.key] = AskedValues(each)

    def in_force(self, resource: Resource, labels: Sequence[Labels]) -> tuple[Bounds, ...]:
        """The bounds of each series."""
        return tuple(bounds_in_force(resource, labels, *(each.values for each in self.by_key.values())))


def bounds_in_force(
    resource: Resource,
    labels: Sequence[Labels],
    limits: Mapping[Labels, float],
    sensitivities: Mapping[Labels, float] | None = None,
) -> list[Bounds]:
    """The bounds of each series; `limits` and `sensitivities` are what the resource's queries gave, by their
    labels.
    """
    limit_of, sensitivity_of = _closest(limits), _closest(sensitivities or {})
    found = []
    for row in labels:
        bounds, overridden = resource.bounds(row)
        named = dict(row)
        limit = None if "limit" in overridden else limit_of(named)
        sensitivity = None if "anomaly_threshold" in overridden else sensitivity_of(named)
        if limit is not None:
            bounds = replace(bounds, limit=limit)
        if sensitivity is not None:
            bounds = replace(bounds, anomaly_threshold=bounds.anomaly_threshold / sensitivity)
        found.append(bounds)
    return found


def _closest(asked: Mapping[Labels, float]) -> Callable[[Mapping[str, str]], float | None]:
    """Gives the value whose labels a series has all of, the most of them first; None without one."""
    shapes = sorted({tuple(name for name, _ in row) for row in asked}, key=len, reverse=True)

    def of(row: Mapping[str, str]) -> float | None:
        for shape in shapes:
            if all(name in row for name in shape):
                value = asked.get(tuple((name, row[name]) for name in shape))
                if value is not None:
                    return value
        return None

    return of
