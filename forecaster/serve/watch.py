"""One resource under watch: its series, their engine, and how both follow the backend step by step.

All state is rebuilt from the backend's history; nothing is kept on disk. Whatever fails half-way leaves the
watch at the last instant it has observed, and the next call goes on from there.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np

from forecaster.engine.engine import Settings
from forecaster.promql.results import DOWN, PromqlError
from forecaster.promql.selectors import narrowed
from forecaster.series.follow import follow, latest
from forecaster.series.frame import Frame, align, grid, select
from forecaster.series.labels import Labels, shard_of, without
from forecaster.series.state import State
from forecaster.serve.batch import Batch
from forecaster.serve.limits import bounds_in_force

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from forecaster.config.bounds import Bounds
    from forecaster.config.model import Config
    from forecaster.config.resource import Resource
    from forecaster.promql.client import Client

LOG = logging.getLogger(__name__)

# Of one range query: some 15 MB of JSON, where the backend's own limit is 50 million samples; and a few days,
# so that progress is seen and a slow backend answers in time.
WINDOW_SAMPLES = 500_000
WINDOW_STEPS = 1_000
NARROW_SERIES = 50  # newcomers asked for by their labels; for more the whole query is asked


def _quiet(_share: float) -> None:
    """No progress wanted."""


class Watch:
    """Follows one resource. `advance` is the only way forward; the rest may be read between its calls."""

    def __init__(self, resource: Resource, config: Config, client: Client) -> None:
        self.resource = resource
        self.config = config
        self.client = client
        horizons = tuple(horizon.seconds for horizon in resource.horizons)
        self.settings = Settings(
            step=config.step, day=config.day, horizons=horizons, lower_limit=resource.falls
        )
        self.excluded = {"duplicate": 0, "max_series": 0}
        self.steps = 0  # instants read since the program started
        self.reset()

    def reset(self) -> None:
        """Forget everything; the next `advance` starts from history."""
        self.at: int | None = None  # the last instant read
        self.batch: Batch | None = None
        self.gone: dict[Labels, int] = {}  # since when
        self.newcomers: dict[Labels, int] = {}  # seen, not joined yet: since when
        self._asked: dict[Labels, float] = {}  # what limit_query gave
        self._whole_asked_at: int | None = None  # when newcomers were last read with the whole query

    def judge_by(self, resource: Resource, config: Config, client: Client) -> None:
        """Other bounds for what is watched and learned as before, from the next instant on."""
        if resource.limit_query != self.resource.limit_query:
            self._asked = {}
        self.resource, self.config, self.client = resource, config, client
        if self.batch is not None:
            self.batch.bounds = tuple(self._bounds(self.batch.labels))

    def advance(self, now: int, progress: Callable[[float], None] = _quiet) -> None:
        """Read every grid instant up to `now`, in order; raises PromqlError.

        `progress` gets the share done while much history is read.
        """
        if self.at is not None and now - self.at > self.config.lookback:
            self.reset()
        batch = self.batch if self.batch is not None else self._start(now)
        failure = self._ask_limits(batch, now)
        self._catch_up(batch, now, progress)
        self._admit(batch, now)
        self._retire(now)
        if failure is not None:
            raise failure

    def states(self) -> dict[Labels, State]:
        """The state of every known series, those without an engine included."""
        found = dict.fromkeys(self.newcomers, State.LEARNING)
        if self.batch is not None and self.at is not None:
            states = self.batch.states(self.at, self.config.stale_after, self.config.gone_after)
            found.update(zip(self.batch.labels, states, strict=True))
        found.update(dict.fromkeys(self.gone, State.GONE))
        return found

    def _start(self, now: int) -> Batch:
        """Find the series that live or did a short while ago, and go back to where the history begins."""
        step = self.config.step
        found = align(self.client.query(self.resource.query, now), np.array([now]))
        steps = min(self.config.gone_after // step, self._points(len(found.labels)))
        if steps > 1:
            first = now - (steps - 1) * step
            tracks = self.client.read(self.resource.query, first, now, step)
            found = align(tracks, grid(first, now, step))
        mine = self._mine(found)
        mine = select(mine, latest(mine, self.resource.follow))
        labels = self._admitted(mine.labels, 0)
        self.batch = Batch.fresh(labels, self._bounds(labels), self.settings)
        self.at = now - self.config.lookback // step * step
        return self.batch

    def _points(self, series: int) -> int:
        """Steps per range query, so that no answer is huge."""
        return max(1, min(WINDOW_STEPS, WINDOW_SAMPLES // max(1, series)))

    def _bounds(self, labels: Sequence[Labels]) -> list[Bounds]:
        return bounds_in_force(self.resource, labels, self._asked)

    def _mine(self, frame: Frame) -> Frame:
        """The series of this shard."""
        shard, follow = self.config.shard, self.resource.follow
        if shard.count == 1:
            return frame
        part = [shard_of(without(row, follow), shard.count) == shard.index - 1 for row in frame.labels]
        return select(frame, [row for row, mine in enumerate(part) if mine])

    def _admitted(self, labels: Iterable[Labels], taken: int) -> list[Labels]:
        """As many as max_series leaves room for, in the order of their labels; the others are counted."""
        wanted = sorted(labels)
        room = max(0, self.resource.max_series - taken)
        self.excluded["max_series"] = max(0, len(wanted) - room)
        return wanted[:room]

    def _catch_up(self, batch: Batch, now: int, progress: Callable[[float], None]) -> None:
        assert self.at is not None  # noqa: S101 (there is a batch, so there is an instant)
        start = self.at
        for frame in self._frames(start + self.config.step, now, len(batch.labels)):
            self.excluded["duplicate"] = frame.duplicates
            followed = follow(self._mine(frame), batch.labels, self.resource.follow)
            self._notice(followed.frame, batch, now)
            batch.observe(followed.frame)
            self._move(batch, followed.moves)
            self.at = int(frame.timestamps[-1])
            self.steps += len(frame.timestamps)
            progress((self.at - start) / (now - start))

    def _move(self, batch: Batch, moves: dict[Labels, Labels]) -> None:
        """Call series by their present labels."""
        if moves:
            batch.labels = tuple(moves.get(row, row) for row in batch.labels)
            batch.bounds = tuple(self._bounds(batch.labels))
            self.gone = {row: since for row, since in self.gone.items() if row not in moves.values()}

    def _frames(self, first: int, now: int, series: int, query: str | None = None) -> Iterator[Frame]:
        """What the backend has in [first, now]: one small query for one instant, windows otherwise."""
        query = query or self.resource.query
        if first == now:
            yield align(self.client.query(query, now), np.array([now]))
            return
        step = self.config.step
        for start, end, tracks in self.client.windows(query, first, now, step, self._points(series)):
            yield align(tracks, grid(start, end, step))

    def _notice(self, frame: Frame, batch: Batch, now: int) -> None:
        """Series that live and have no row become newcomers."""
        recent = np.any(frame.present[:, frame.timestamps >= now - self.config.stale_after], axis=1)
        known = set(batch.labels)
        fresh = [row for row, lives in zip(frame.labels, recent, strict=True) if lives and row not in known]
        admitted = self._admitted(fresh, len(known))
        self.newcomers = {row: self.newcomers.get(row, now) for row in admitted}

    def _admit(self, batch: Batch, now: int) -> None:
        """Give newcomers their own history, then join them to the batch."""
        labels = self._settled(batch, now)
        if not labels:
            return
        if batch.outlook is None:  # nothing has been seen yet: begin again with the newcomers among the batch
            self._catch_up(self._start(now), now, _quiet)
            self.newcomers = {}
            return
        follows = self.resource.follow
        ways = narrowed(self.resource.query, [without(row, follows) for row in labels])
        series = len(labels)
        if ways and series <= NARROW_SERIES:
            query = self.client.accepted(ways, now)
        else:
            # The whole history is a heavy question: ask it once an hour (of a 24-hour day) at most.
            if self._whole_asked_at is not None and now - self._whole_asked_at < self.config.day // 24:
                return
            query, series, self._whole_asked_at = self.resource.query, len(batch.labels) + series, now
        fresh = Batch.fresh(labels, self._bounds(labels), self.settings)
        known, step = set(batch.labels), self.config.step
        for frame in self._frames(now - self.config.lookback // step * step + step, now, series, query):
            strangers = select(frame, [at for at, row in enumerate(frame.labels) if row not in known])
            mine = follow(strangers, labels, follows).frame
            fresh.observe(mine, up_to_date=int(frame.timestamps[-1]) == now)
        self.batch = batch.join(fresh)
        self.gone = {row: since for row, since in self.gone.items() if row not in fresh.labels}
        self.newcomers = {row: since for row, since in self.newcomers.items() if row not in fresh.labels}
        LOG.info("new series joined", extra={"resource": self.resource.name, "series": len(labels)})

    def _settled(self, batch: Batch, now: int) -> list[Labels]:
        """The newcomers that are series of their own.

        While a VM migrates, both hosts may tell of it: a newcomer with a living namesake waits until either
        the namesake stops, and the newcomer turns out to be it, or it has stayed for long enough.
        """
        follows = self.resource.follow
        stale = self.config.stale_after
        living = {
            without(row, follows)
            for row, seen in zip(batch.labels, batch.presence.seen, strict=True)
            if seen >= now - stale
        }
        return [
            row
            for row, since in self.newcomers.items()
            if not follows or without(row, follows) not in living or now - since > stale
        ]

    def _retire(self, now: int) -> None:
        """Drop the rows of series that are gone, and forget those that are gone for long.

        Nothing is gone by a partial answer.
        """
        self.gone = {
            row: since for row, since in self.gone.items() if now - since <= self.config.forget_after
        }
        if self.batch is None or self.client.partial:
            return
        states = self.batch.states(now, self.config.stale_after, self.config.gone_after)
        lost = [row for row, state in zip(self.batch.labels, states, strict=True) if state is State.GONE]
        if lost:
            self.gone.update(dict.fromkeys(lost, now))
            kept = [at for at, state in enumerate(states) if state is not State.GONE]
            self.batch = self.batch.take(kept) if kept else Batch.fresh((), (), self.settings)
            LOG.info("series are gone", extra={"resource": self.resource.name, "series": len(lost)})

    def _ask_limits(self, batch: Batch, now: int) -> PromqlError | None:
        """Limits by PromQL, once per cycle; what was told last holds where nothing is, or asking fails."""
        if self.resource.limit_query is None:
            return None
        try:
            tracks = self.client.query(self.resource.limit_query, now)
        except PromqlError as error:
            if error.result in DOWN:
                raise
            return PromqlError(error.result, f"limit_query: {error}")
        told = ((track.labels, float(track.values[-1])) for track in tracks)
        self._asked.update({labels: limit for labels, limit in told if np.isfinite(limit)})
        batch.bounds = tuple(self._bounds(batch.labels))
        return None
