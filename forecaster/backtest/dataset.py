"""The values a backtest runs on: the past of the series that a live forecaster would watch now."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np

from forecaster.promql.selectors import narrowed
from forecaster.series.follow import follow, latest
from forecaster.series.frame import align, grid, select
from forecaster.series.labels import Labels, without
from forecaster.serve.limits import bounds_in_force

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from forecaster.config.bounds import Bounds
    from forecaster.config.model import Config
    from forecaster.config.resource import Resource
    from forecaster.promql.client import Client

WINDOW_SAMPLES = 500_000  # of one range query, as the live forecaster asks
WINDOW_STEPS = 1_000


@dataclass(frozen=True)
class Dataset:
    """`values` (n, T) at `timestamps` (T,), Unix seconds; `found` series of which n are the sample."""

    labels: tuple[Labels, ...]
    bounds: tuple[Bounds, ...]
    timestamps: NDArray[np.int64]
    values: NDArray[np.float64]
    found: int


@dataclass(frozen=True)
class Span:
    """What is read: from `days` days before the grid instant `now` up to it, of at most `series` series."""

    now: int
    days: float
    series: int


def read(
    client: Client, resource: Resource, config: Config, span: Span, progress: Callable[[float], None]
) -> Dataset:
    """The history of a sample of the resource's living series; raises PromqlError.

    Time before any of them has a sample is left out. `progress` gets the share done.
    """
    living = _living(client, resource, config, span.now)
    labels = sample(living, span.series)
    bounds = tuple(bounds_in_force(resource, labels, _limits(client, resource, span.now)))
    step = config.step
    first = span.now - round(span.days * config.day) // step * step
    named = [without(row, resource.follow) for row in labels]
    ways = narrowed(resource.query, named) if len(labels) < len(living) else []
    query = client.accepted(ways, span.now) if ways else resource.query
    asked = len(labels) if ways else len(living)
    points = max(1, min(WINDOW_STEPS, WINDOW_SAMPLES // max(1, asked)))
    times = grid(first, span.now, step)
    values = np.full((len(labels), len(times)), np.nan)
    names = list(labels)
    if names:
        for start, end, tracks in client.windows(query, first, span.now, step, points):
            found = follow(align(tracks, grid(start, end, step)), names, resource.follow)
            at = {row: number for number, row in enumerate(found.frame.labels)}
            here = slice((start - int(times[0])) // step, (end - int(times[0])) // step + 1)
            for number, row in enumerate(names):
                if row in at:
                    values[number, here] = found.frame.values[at[row]]
            names = [found.moves.get(row, row) for row in names]
            progress((end - first) / (span.now - first))
    begin = _begin(values)
    return Dataset(tuple(labels), bounds, times[begin:], values[:, begin:], len(living))


def sample(labels: Sequence[Labels], at_most: int) -> list[Labels]:
    """`at_most` of the series, the same ones each time, whatever their names begin with."""
    chosen = sorted(labels, key=lambda row: blake2b(repr(row).encode(), digest_size=8).digest())
    return sorted(chosen[:at_most])


def sample_rows(labels: Sequence[Labels], at_most: int) -> list[int]:
    """Where those of `sample` are among the labels; they ascend."""
    chosen = set(sample(labels, at_most))
    return [row for row, each in enumerate(labels) if each in chosen]


def _living(client: Client, resource: Resource, config: Config, now: int) -> list[Labels]:
    """The series that live or did a short while ago, as they are called now."""
    step = config.step
    found = align(client.instant(resource.query, now), np.array([now]))
    steps = min(config.gone_after // step, WINDOW_STEPS, WINDOW_SAMPLES // max(1, len(found.labels)))
    if steps > 1:
        first = now - (steps - 1) * step
        found = align(client.read(resource.query, first, now, step), grid(first, now, step))
    return list(select(found, latest(found, resource.follow)).labels)


def _limits(client: Client, resource: Resource, now: int) -> dict[Labels, float]:
    """The limits in force now, by PromQL: history knows no better."""
    if resource.limit_query is None:
        return {}
    told = ((track.labels, float(track.values[-1])) for track in client.instant(resource.limit_query, now))
    return {labels: limit for labels, limit in told if np.isfinite(limit)}


def _begin(values: NDArray[np.float64]) -> int:
    """The first step at which anything is known; the end when nothing is."""
    known = np.flatnonzero(np.isfinite(values).any(axis=0))
    return int(known[0]) if len(known) else values.shape[1]
