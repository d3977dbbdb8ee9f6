"""Figures of merit for probabilities, alarms and quantiles; pure functions of arrays."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from forecaster.backtest.events import Protocol

    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]
    Ints = NDArray[np.intp]

WEEK_DAYS = 7
BIN_EDGES = (0.0, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


class Prediction(NamedTuple):
    """One method at one horizon, (n, I): the probability of reaching the limit, and what it ranks by."""

    probability: Floats
    score: Floats


@dataclass(frozen=True)
class Accuracy:
    """One method at one horizon; NaN where there is nothing to tell it from."""

    average_precision: float
    brier_skill: float  # against always saying the base rate
    precision: float  # of instants at the cut
    recall: float  # of instants at the cut
    event_recall: float  # events with an alarm within the horizon before them
    lead_seconds: float  # median, from the first such alarm to the event
    false_per_week: float  # episodes of alarms without any true instant, per series-week


class Bin(NamedTuple):
    """A row of the reliability table: instants with a probability in [low, high)."""

    low: float
    high: float
    instants: int
    predicted: float
    observed: float


def average_precision(labels: Bools, scores: Floats) -> float:
    """Mean precision over the recall steps of the ranking by `scores` (k,); ties count as one step."""
    if not labels.any():
        return math.nan
    order = np.argsort(-scores, kind="stable")
    hits, ranked = np.cumsum(labels[order]), scores[order]
    last = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True))
    hits = hits[last]
    return float(np.sum(np.diff(hits, prepend=0) * hits / (last + 1)) / hits[-1])


def brier_skill(labels: Bools, probabilities: Floats) -> float:
    """1 - Brier score / that of always saying the base rate; NaN when only one thing ever happened."""
    rate = float(labels.mean()) if labels.size else 0.0
    if not 0 < rate < 1:
        return math.nan
    return 1 - float(np.mean((probabilities - labels) ** 2)) / (rate * (1 - rate))


def reliability(labels: Bools, probabilities: Floats, edges: Sequence[float] = BIN_EDGES) -> list[Bin]:
    """What was said against what happened, in bins of the probability (k,); empty bins are left out."""
    at = np.clip(np.searchsorted(edges, probabilities, side="right") - 1, 0, len(edges) - 2)
    found = []
    for number in np.unique(at):
        inside = at == number
        predicted, observed = float(probabilities[inside].mean()), float(labels[inside].mean())
        found.append(Bin(edges[number], edges[number + 1], int(inside.sum()), predicted, observed))
    return found


def episodes(on: Bools, gap: int) -> tuple[Ints, Ints]:
    """Alarms (n, I) joined where at most `gap` columns lie between two: the (row, column) of each alarm's
    cells and the number of the episode each belongs to.
    """
    cells = np.argwhere(on)
    if not len(cells):
        return cells, np.empty(0, np.intp)
    apart = (np.diff(cells[:, 0]) != 0) | (np.diff(cells[:, 1]) > gap)
    return cells, np.concatenate(([0], np.cumsum(apart)))


def alarm_episodes(on: Bools, gap: int) -> int:
    """How many episodes the alarms (n, T) make."""
    _, number = episodes(on, gap)
    return int(number[-1]) + 1 if len(number) else 0


def measure(protocol: Protocol, horizon: int, said: Prediction, cuts: Floats) -> Accuracy:
    """All figures of one method; `cuts` (n,) are the probabilities from which it alarms."""
    labels, known = protocol.label(horizon)
    probability = np.clip(np.nan_to_num(said.probability), 0, 1)
    scores = np.nan_to_num(said.score, nan=-np.inf)
    on = (probability >= cuts[:, None]) & known
    hits = int((on & labels).sum())
    leads, events = lead_times(protocol, horizon, on, known)
    return Accuracy(
        average_precision(labels[known], scores[known]),
        brier_skill(labels[known], probability[known]),
        hits / on.sum() if on.any() else math.nan,
        hits / labels[known].sum() if labels[known].any() else math.nan,
        len(leads) / events if events else math.nan,
        float(np.median(leads)) if leads else math.nan,
        _false_per_week(protocol, on, labels, known),
    )


def lead_times(protocol: Protocol, horizon: int, on: Bools, known: Bools) -> tuple[list[float], int]:
    """Seconds from the first alarm in [event - horizon, event) of each event caught, and how many events
    could have been: those with an instant of judgement in that time.
    """
    columns, step = protocol.columns, protocol.clock.step
    leads, events = [], 0
    for row, event in protocol.events:
        first, end = np.searchsorted(columns, (event - protocol.clock.steps(horizon), event))
        if not known[row, first:end].any():
            continue
        events += 1
        alarms = np.flatnonzero(on[row, first:end])
        if len(alarms):
            leads.append(float((event - columns[first + alarms[0]]) * step))
    return leads, events


def _false_per_week(protocol: Protocol, on: Bools, labels: Bools, known: Bools) -> float:
    clock = protocol.clock
    weeks = series_weeks(int(known.sum()) * clock.every, clock.step, clock.day)
    cells, number = episodes(on, clock.hour // clock.every)
    if not weeks:
        return math.nan
    true = np.bincount(number, labels[cells[:, 0], cells[:, 1]]) if len(number) else np.empty(0)
    return float((true == 0).sum()) / weeks


def series_weeks(samples: int, step: int, day: int) -> float:
    """Weeks that `samples` steps cover."""
    return samples * step / (WEEK_DAYS * day)


def pinball(values: Floats, quantiles: Floats, levels: Sequence[float]) -> float:
    """Mean quantile loss of `quantiles` (…, q) at `levels` (q,) for `values` (…); missing ones are left
    out.
    """
    over = values[..., None] - quantiles
    loss = np.maximum(np.asarray(levels) * over, (np.asarray(levels) - 1) * over)
    known = np.isfinite(loss)
    return float(loss[known].mean()) if known.any() else math.nan


def coverage(values: Floats, lower: Floats, upper: Floats) -> float:
    """Share of the values in [lower, upper]; missing ones are left out."""
    known = np.isfinite(values) & np.isfinite(lower) & np.isfinite(upper)
    inside = (lower <= values) & (values <= upper)
    return float(inside[known].mean()) if known.any() else math.nan
