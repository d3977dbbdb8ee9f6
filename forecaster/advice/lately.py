"""Adviser: the anomalies of the last day, those that have ended included."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from forecaster.advice.explanation import sentence
from forecaster.advice.finding import Adviser, Column, Finding
from forecaster.advice.wording import named, rough

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forecaster.view.episodes import Episode
    from forecaster.view.view import Fresh


def advise(fresh: Fresh) -> Iterator[Finding]:
    """The anomalies since the program started, the latest to end first; of these the strongest."""
    for each in fresh.view.resources:
        name = each.resource.name
        for episode in each.episodes:
            order = (-episode.last, -episode.peak, name, episode.labels, episode.onset)
            yield Finding(order, partial(_cells, name, episode, fresh.now), name, episode.labels)


def _cells(resource: str, episode: Episode, now: float) -> tuple[str, ...]:
    return (
        resource,
        named(episode.labels),
        f"{episode.peak:.2f}",
        f"{rough(now - episode.onset)} ago",
        f"{rough(now - episode.last)} ago",
        sentence(episode.figures),
    )


ADVISER = Adviser(
    "lately",
    "Anomalies of the last 24 hours",
    (
        Column("Resource", whole=True),
        Column("Series", about=True),
        Column("Highest score", number=True),
        Column("Began", number=True),
        Column("Last seen", number=True),
        Column("At the highest score"),
    ),
    advise,
    nothing="None since the forecaster was started.",
)
