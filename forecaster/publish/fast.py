"""Samples of the fast lane: scores of the series that are anomalous now, and its own health."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.metric import Sample
from exporter.web.label_names import Escaping
from forecaster.engine.anomaly import PRESENT
from forecaster.publish.gauges import REPLICA, labelled, of_replica
from forecaster.publish.metrics import FAST_CIRCUIT, FAST_LAST, FAST_PUSHES, FAST_QUERIES, FAST_SCORE
from forecaster.publish.names import named

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from forecaster.view.fast import FastView

KEPT_TURNS = 3  # a score that is older than so many turns is none


def is_standing(view: FastView, now: float) -> bool:
    """Whether scores still count at Unix time `now`."""
    return now - view.at <= KEPT_TURNS * view.resource.fast


def fast_samples(
    views: Mapping[str, FastView],
    queries: Mapping[str, int],
    now: float,
    replica: str = "",
    escaping: Escaping = Escaping.UNDERSCORES,
    *,
    circuit_open: bool | None = None,
    pushes: Mapping[str, int] | None = None,
) -> Iterator[Sample]:
    """All samples at Unix time `now`, for readers with this escaping of label names."""
    for each in views.values():
        if is_standing(each, now):
            yield from (
                of_replica(_scores(each, escaping, replica), replica) if replica else _scores(each, escaping)
            )
        yield FAST_LAST.sample(each.at, each.resource.name)
    for result, number in queries.items():
        yield FAST_QUERIES.sample(number, result)
    if circuit_open is not None:
        yield FAST_CIRCUIT.sample(circuit_open)
    for result, number in (pushes or {}).items():
        yield FAST_PUSHES.sample(number, result)


def _scores(each: FastView, escaping: Escaping, replica: str = "") -> Iterator[Sample]:
    names = named(each.scores, escaping, REPLICA if replica else frozenset()).names
    for row, score in each.scores.items():
        if score >= PRESENT and row in names:
            key = (each.resource.name, *(value for _, value in row))
            yield Sample(labelled(FAST_SCORE, names[row]), key, score)
