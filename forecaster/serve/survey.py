"""What a start would find and cost: each resource is asked about, and nothing is learned.

Three queries a resource: its series now, since when there are any, and one window of history, whose time
tells how long reading all of it takes.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forecaster.config.resources import RESOURCES
from forecaster.engine.engine import Engine, Settings
from forecaster.promql.results import PromqlError
from forecaster.series.labels import shard_of, without
from forecaster.serve.counter_resets import resets_query
from forecaster.serve.frames import window_steps
from forecaster.serve.limits import ASKED
from forecaster.serve.room import Room, room
from forecaster.serve.surroundings import recorded_names
from forecaster.view.recent import COLUMN_BYTES, MOST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from forecaster.config.model import Config, Shard
    from forecaster.config.resource import Resource
    from forecaster.promql.client import Client
    from forecaster.series.labels import Labels

BUILT_IN = {resource.name: resource for resource in RESOURCES}
MENDS = {
    "max_series": "raise it, or use --shard",
    "max_series_per_vm": "raise it, or let the query leave some out",
}
LOOKS = 28  # at how many instants of the look-back it is asked whether there were series
# One step of one series through the engine: tests/forecaster/bench/series_cost.py, a step of history.
ENGINE_SECONDS = 5.4e-6


def state_bytes(step: int) -> int:
    """What a series keeps in memory with steps of so many seconds: the engine's arrays, and the chart's."""
    return Engine.fresh(1, Settings(step=step)).nbytes + MOST * COLUMN_BYTES


@dataclass(frozen=True)
class Survey:
    """One resource: `oldest` is the Unix second of the first look that found series, None without one.

    `points` are the samples that a start reads, `seconds` what it takes, `bytes` what it keeps. `error` is
    why a query failed, `advice` what else should be looked at; one line each, or "".
    """

    resource: Resource
    series: int = 0
    oldest: int | None = None
    points: int = 0
    seconds: float = 0.0
    bytes: int = 0
    error: str = ""
    advice: str = ""


def surveys(
    config: Config,
    client: Client,
    now: int,
    recorded: frozenset[str] = frozenset(),
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Survey]:
    """One resource after the other, at the grid instant `now`; rules are loaded that record `recorded`."""
    for resource in config.resources:
        try:
            yield _survey(resource, config.for_resource(resource), client, now, clock, recorded=recorded)
        except PromqlError as error:
            yield Survey(resource, error=str(error))


def _survey(
    resource: Resource,
    config: Config,
    client: Client,
    now: int,
    clock: Callable[[], float],
    *,
    recorded: frozenset[str],
) -> Survey:
    rows = [track.labels for track in client.instant(resource.query, now)]
    found = len(rows)
    oldest = _oldest(resource, config, client, now)
    place = _place(rows, resource, config.shard, now)
    series = len(place.admitted)
    steps = min(window_steps(series), config.lookback // config.step)
    begun = clock()
    if series:
        client.read(resource.query, now - (steps - 1) * config.step, now, config.step)
    reading = (clock() - begun) / steps
    held = 0 if oldest is None else (now - oldest) // config.step
    points = series * held
    return Survey(
        resource,
        found,
        oldest,
        points,
        held * reading + points * ENGINE_SECONDS,
        series * state_bytes(config.step),
        advice=_over(place)
        or _advice(resource, found, oldest, recorded)
        or _asked(resource, config.step, client, now),
    )


def _oldest(resource: Resource, config: Config, client: Client, now: int) -> int | None:
    """The first of some instants of the look-back at which there were series."""
    every = max(config.step, config.lookback // LOOKS // config.step * config.step)
    query = f"count(\n{resource.query}\n)"
    tracks = client.read(query, now - config.lookback // every * every, now, every)
    return min((int(track.times[0]) for track in tracks if len(track.times)), default=None)


def _place(rows: list[Labels], resource: Resource, shard: Shard, now: int) -> Room:
    """The room for those of this shard."""
    mine = [row for row in rows if shard_of(without(row, resource.follow), shard.count) == shard.index - 1]
    return room(dict.fromkeys(mine, now), {}, now, resource)


def _over(place: Room) -> str:
    """Why series would be left out."""
    return "; ".join(
        f"{number} are over {name}: {MENDS[name]}" for name, number in place.left_out.items() if number
    )


def _advice(resource: Resource, found: int, oldest: int | None, recorded: frozenset[str]) -> str:
    if found:
        return ""
    if oldest is not None:
        return "there were some: has its exporter stopped, or the recording rules?"
    names = recorded_names(resource.query)
    if names and names <= recorded:
        return "its rules are loaded and record nothing: no exporter gives what they read, or not yet"
    if names:
        return "load recording.rules.yml (`virtcast-forecaster rules`), or set enabled: false"
    return "check the query, or set enabled: false"


def _asked(resource: Resource, step: int, client: Client, now: int) -> str:
    """What is odd about the queries that give bounds; those of the built-in resources may find nothing."""
    usual = BUILT_IN.get(resource.name)
    told = []
    for asked in ASKED:
        query = getattr(resource, asked.key)
        if query is None:
            continue
        try:
            found = client.instant(query, now)
        except PromqlError as error:
            raise PromqlError(error.result, f"{asked.key}: {error}") from error
        if not found and (usual is None or query != getattr(usual, asked.key)):
            told.append(f"{asked.key} finds nothing")
    if resource.fast and resource.fast_query is not None and not _fast(resource.fast_query, client, now):
        told.append("fast_query finds nothing")
    _count_resets(resource, step, client, now)
    return "; ".join(told)


def _fast(query: str, client: Client, now: int) -> bool:
    """Whether the query of the fast lane finds something."""
    try:
        return bool(client.instant(query, now))
    except PromqlError as error:
        raise PromqlError(error.result, f"fast_query: {error}") from error


def _count_resets(resource: Resource, step: int, client: Client, now: int) -> None:
    if not resource.counters:
        return
    try:
        client.query(resets_query(resource.counters, step), now)
    except PromqlError as error:
        raise PromqlError(error.result, f"counters: {error}") from error
