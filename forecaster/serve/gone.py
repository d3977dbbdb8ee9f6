"""Series of a resource that are gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.serve.room import room

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from forecaster.config.resource import Resource
    from forecaster.series.labels import Labels


class Gone:
    """`since` when each one is gone, in Unix seconds."""

    def __init__(self, since: Mapping[Labels, int] | None = None) -> None:
        self.since = dict(since or {})

    def lose(self, series: Iterable[Labels], now: int, resource: Resource) -> None:
        """These are gone from now on. No VM may have too many of them."""
        since = self.since | dict.fromkeys(series, now)
        self.since = {row: since[row] for row in room(since, {}, now, resource).admitted}

    def find(self, series: Iterable[Labels]) -> None:
        """These are there again."""
        there = set(series)
        self.since = {row: at for row, at in self.since.items() if row not in there}

    def forget(self, before: int) -> None:
        """Those that went earlier are known no more."""
        self.since = {row: at for row, at in self.since.items() if at >= before}
