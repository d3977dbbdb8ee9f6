"""Series that live and have no row yet: who may join next, and how their history is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from forecaster.promql.selectors import narrowed
from forecaster.series.labels import without
from forecaster.serve.room import LIMITS, room

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forecaster.config.model import Config
    from forecaster.config.resource import Resource
    from forecaster.promql.client import Client
    from forecaster.series.frame import Frame
    from forecaster.series.labels import Labels
    from forecaster.serve.batch import Batch

NARROW_SERIES = 50  # newcomers asked for by their labels at once


class Question(NamedTuple):
    """A query for the history of `labels`; it gives about so many `series`."""

    query: str
    labels: list[Labels]
    series: int


class Newcomers:
    """The newcomers of one resource, in the order in which they are to join: since when each is `waiting`."""

    def __init__(self, resource: Resource, config: Config) -> None:
        self.resource = resource
        self.config = config
        self.forget()

    def forget(self) -> None:
        """There are none."""
        self.waiting: dict[Labels, int] = {}
        self._whole_asked_at: int | None = None  # when they were last read with the whole query
        self._at_once = NARROW_SERIES
        self._refused: dict[Labels, int] = {}  # those whose history cannot be read, and when that was tried

    def notice(self, frame: Frame, batch: Batch, now: int) -> Mapping[str, int]:
        """Those of a frame that the batch has just observed; how many of them are left out, by reason."""
        alive_since = now - self.config.stale_after
        recent = np.any(frame.present[:, frame.timestamps >= alive_since], axis=1)
        held = held_by(batch)
        fresh = [row for row, lives in zip(frame.labels, recent, strict=True) if lives and row not in held]
        if not fresh:
            self.waiting = {}
            return dict.fromkeys(LIMITS, 0)
        found = room(dict.fromkeys(fresh, now), held, alive_since, self.resource)
        self.waiting = {row: self.waiting.get(row, now) for row in found.admitted}
        return found.left_out

    def settled(self, batch: Batch, now: int) -> list[Labels]:
        """The newcomers that are series of their own.

        While a VM migrates, both hosts may tell of it: a newcomer with a living namesake waits until either
        the namesake stops, and the newcomer turns out to be it, or it has stayed for long enough.
        """
        follows, stale = self.resource.follow, self.config.stale_after
        living = {without(row, follows) for row, seen in held_by(batch).items() if seen >= now - stale}
        return [
            row
            for row, since in self.waiting.items()
            if not follows or without(row, follows) not in living or now - since > stale
        ]

    def question(self, labels: list[Labels], batch: Batch, client: Client, now: int) -> Question | None:
        """How to ask for their history; None where it must wait.

        The whole history is a heavy question: it is asked only where a narrower one cannot be, or not for
        all of them, and once an hour (of a 24-hour day) at most.
        """
        pause = self.config.day // 24
        self._refused = {row: at for row, at in self._refused.items() if now - at < pause}
        wanted = [row for row in labels if row not in self._refused]
        first = wanted[: self._at_once]
        ways = narrowed(self.resource.query, [without(row, self.resource.follow) for row in first])
        if ways and len(wanted) <= NARROW_SERIES:
            return Question(client.accepted(ways, now), first, len(first))
        if wanted and (self._whole_asked_at is None or now - self._whole_asked_at >= pause):
            self._whole_asked_at = now
            return Question(self.resource.query, wanted, len(batch.labels) + len(wanted))
        return Question(client.accepted(ways, now), first, len(first)) if ways else None

    def failed(self, labels: list[Labels], now: int) -> None:
        """The backend refused their history: fewer at once, until the one that it refuses is known."""
        if len(labels) > 1:
            self._at_once = max(1, min(self._at_once, len(labels)) // 2)
        else:
            self._refused |= dict.fromkeys(labels, now)

    def giving_way(self, labels: tuple[Labels, ...], batch: Batch, now: int) -> frozenset[Labels]:
        """The series of a batch that have no room beside these newcomers."""
        alive_since = now - self.config.stale_after
        return room(dict.fromkeys(labels, now), held_by(batch), alive_since, self.resource).giving_way

    def joined(self, labels: tuple[Labels, ...]) -> None:
        """They wait no more."""
        self._at_once = min(NARROW_SERIES, 2 * self._at_once)
        self.waiting = {row: since for row, since in self.waiting.items() if row not in labels}


def held_by(batch: Batch) -> dict[Labels, int]:
    """The Unix second at which each series of a batch was last seen."""
    return dict(zip(batch.labels, batch.presence.seen.tolist(), strict=True))
