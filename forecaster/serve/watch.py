"""One resource under watch: its series, their engine, and how both follow the backend step by step.

All state can be rebuilt from the backend's history. Whatever fails half-way leaves the watch at the last
instant it has observed, and the next call goes on from there.
"""

from __future__ import annotations

import logging
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

from forecaster.engine.engine import Settings
from forecaster.promql.results import DOWN, PromqlError
from forecaster.series.follow import follow, latest
from forecaster.series.frame import Frame, select
from forecaster.series.labels import Labels, shard_of, without
from forecaster.series.state import State
from forecaster.serve.batch import Batch
from forecaster.serve.changes import Changes
from forecaster.serve.counter_resets import CounterResets
from forecaster.serve.frames import frames, instant, whole, window_steps
from forecaster.serve.gone import Gone
from forecaster.serve.left_out import LeftOut
from forecaster.serve.limits import AskedBounds
from forecaster.serve.newcomers import Newcomers, Question
from forecaster.serve.read_ahead import ReadAhead
from forecaster.serve.room import room
from forecaster.serve.stages import Stages

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

    from forecaster.config.model import Config
    from forecaster.config.resource import Resource
    from forecaster.promql.client import Client

LOG = logging.getLogger(__name__)


def _quiet(_share: float) -> None:
    """No progress wanted."""


class Watch:
    """Follows one resource. `advance` is the only way forward; the rest may be read between its calls.

    A `provisional` watch begins with so many seconds of the recent past; series that have read their whole
    history meanwhile take the place of their rows by `learn`, until all have and `end_provisional` is called.
    """

    def __init__(self, resource: Resource, config: Config, client: Client, *, provisional: int = 0) -> None:
        self.resource = resource
        self.provisional = provisional
        self.config = self._own(config)
        self.client = client
        horizons = tuple(horizon.seconds for horizon in resource.horizons)
        self.settings = Settings(
            step=self.config.step,
            day=self.config.day,
            horizons=horizons,
            lower_limit=resource.falls,
            lowest=resource.lowest,
            highest=resource.highest,
        )
        self.left_out = LeftOut(resource.name)
        self.changes = Changes()
        self.counter_resets = CounterResets()
        self.newcomers = Newcomers(resource, self.config)
        self.steps = 0  # instants read since the program started
        self.stages = Stages()  # where its time is counted
        self.reset()

    def reset(self) -> None:
        """Forget everything; the next `advance` starts from history."""
        self.at: int | None = None  # the last instant read
        self.batch: Batch | None = None
        self.learned: set[Labels] = set()  # of a provisional watch: those that know their whole history
        self.gone = Gone()
        self.newcomers.forget()
        self.asked = AskedBounds()
        self._partial_before = 0  # partial answers the client had got before this cycle

    def resume(
        self,
        at: int,
        batch: Batch,
        gone: dict[Labels, int],
        waiting: dict[Labels, int],
        learned: set[Labels] | None = None,
    ) -> None:
        """Go on from what was known at grid instant `at`; the limits that were asked must be known. Only
        those `learned` know their whole history; None: all do.
        """
        if learned is not None:
            self.provisional, self.learned = self.config.day, learned
            self.config = self.newcomers.config = self._own(self.config)
        batch.bounds = self.asked.in_force(self.resource, batch.labels)
        self.at, self.batch, self.gone = at, batch, Gone(gone)
        self.newcomers.waiting = waiting

    @property
    def size(self) -> int:
        """How many series have an engine."""
        return 0 if self.batch is None else len(self.batch.labels)

    def fresh(self, labels: Sequence[Labels]) -> Batch:
        """A batch of series of this resource that knows nothing yet."""
        return Batch.fresh(labels, self.asked.in_force(self.resource, labels), self.settings)

    def show(self, fresh: Batch, frame: Frame, now: int, until: int) -> None:
        """Show a batch apart, of series that are to join or to stand for rows, a window of its history, which
        ends at the grid instant `now`; its windows are asked for `until` then.
        """
        others = set(self.batch.labels if self.batch is not None else ()).difference(fresh.labels)
        own = select(frame, [at for at, row in enumerate(frame.labels) if row not in others])
        mine = follow(own, fresh.labels, self.resource.follow).frame
        fresh.observe(mine, up_to_date=int(frame.timestamps[-1]) == now, until=until)

    def unlearned(self) -> list[Labels]:
        """The series of a provisional watch that know their recent past only."""
        if not self.provisional or self.batch is None:
            return []
        return [row for row in self.batch.labels if row not in self.learned]

    def learn(self, batch: Batch) -> None:
        """Have series that have read their whole history, up to the present instant, stand for their rows."""
        assert self.batch is not None  # noqa: S101 (the series are those of the batch)
        assert self.at is not None  # noqa: S101
        self.batch.replace_rows(batch, self.at)
        self.learned.update(batch.labels)

    def end_provisional(self, config: Config) -> None:
        """All series know their whole history."""
        self.provisional, self.learned = 0, set()
        self.config = self.newcomers.config = self._own(config)
        if self.batch is not None and self.batch.outlook is not None:
            self.batch.outlook = self.batch.engine.outlook()

    def judge_by(self, resource: Resource, config: Config, client: Client) -> None:
        """Other bounds for what is watched and learned as before, from the next instant on."""
        self.asked.change(self.resource, resource)
        self.resource, self.client = resource, client
        self.config = self._own(config)
        self.newcomers.resource, self.newcomers.config = resource, self.config
        if self.batch is not None:
            self.batch.bounds = self.asked.in_force(resource, self.batch.labels)

    def _own(self, config: Config) -> Config:
        """The configuration as it is for this watch."""
        paced = config.for_resource(self.resource)
        return replace(paced, lookback=self.provisional) if self.provisional else paced

    def advance(self, now: int, progress: Callable[[float], None] = _quiet) -> None:
        """`catch_up`, then `admit`; raises PromqlError."""
        failure = self.catch_up(now, progress)
        self.admit(now)
        if failure is not None:
            raise failure

    def catch_up(self, now: int, progress: Callable[[float], None] = _quiet) -> PromqlError | None:
        """Read every grid instant up to `now`, in order; raises PromqlError. The series that were there are
        forecast then. Bounds that could not be asked for are no reason to stop: that error is given.

        `progress` gets the share done while much history is read.
        """
        if self.at is not None and now - self.at > self.config.lookback:
            self.reset()
        start = self.at if self.at is not None else now - self.config.lookback
        self._partial_before = self.client.statistics.partial
        try:
            with self.stages.within("read"):
                batch = self.batch if self.batch is not None else self._start(now)
            with self.stages.within("bounds"):
                failure = self._ask(batch, now)
            with self.stages.within("read"), closing(self._catch_up(batch, now)) as windows:
                for at in windows:
                    progress((at - start) / max(1, now - start))
        except BaseException:
            self.left_out.answered(self._partial)
            raise
        return failure

    def admit(self, now: int) -> None:
        """After `catch_up`: let newcomers join, whose history may take a while, and drop what is gone; raises
        PromqlError.
        """
        assert self.batch is not None  # noqa: S101 (it has caught up)
        try:
            with self.stages.within("newcomers"):
                self._admit(self.batch, now)
        finally:
            self.left_out.answered(self._partial)
        self._retire(now)

    def has_newcomers(self, now: int) -> bool:
        """Whether series are to join."""
        return self.batch is not None and bool(self.newcomers.settled(self.batch, now))

    def states(self) -> dict[Labels, State]:
        """The state of every known series, those without an engine included."""
        found = dict.fromkeys(self.newcomers.waiting, State.LEARNING)
        if self.batch is not None and self.at is not None:
            states = self.batch.states(self.at, self.config.stale_after, self.config.gone_after)
            # What is gone has no row any more, unless a partial answer keeps it.
            kept = (State.STALE if state is State.GONE else state for state in states)
            found.update(zip(self.batch.labels, kept, strict=True))
        found.update(dict.fromkeys(self.gone.since, State.GONE))
        return found

    def _start(self, now: int) -> Batch:
        """Find the series that live or did a short while ago, and go back to where the history begins."""
        step = self.config.step
        found = instant(self.client, self.resource.query, now)
        steps = min(self.config.gone_after // step, window_steps(len(found.labels)))
        if steps > 1:
            first = now - (steps - 1) * step
            found = whole(self.client, self.resource.query, first, now, step)
        mine = self._mine(found)
        mine = select(mine, latest(mine, self.resource.follow))
        labels = sorted(room(mine.last_seen(), {}, now - self.config.stale_after, self.resource).admitted)
        self.batch = self.fresh(labels)
        self.at = now - self.config.lookback // step * step
        return self.batch

    @property
    def _partial(self) -> int:
        """Answers of this cycle that were partial."""
        return self.client.statistics.partial - self._partial_before

    def _mine(self, frame: Frame) -> Frame:
        """The series of this shard."""
        shard, follow = self.config.shard, self.resource.follow
        if shard.count == 1:
            return frame
        part = [shard_of(without(row, follow), shard.count) == shard.index - 1 for row in frame.labels]
        return select(frame, [row for row, mine in enumerate(part) if mine])

    def _catch_up(self, batch: Batch, now: int) -> Generator[int]:
        assert self.at is not None  # noqa: S101 (there is a batch, so there is an instant)
        left_out = dict[str, int]()
        until = now if batch.outlook is None else None  # who has forecasts keeps them
        with ReadAhead(self.frames(self.at + self.config.step, now, len(batch.labels))) as frames:
            for frame, no_numbers in frames:
                left_out |= {"duplicate": frame.duplicates, "no_numbers": no_numbers}
                followed = follow(self._mine(frame), batch.labels, self.resource.follow)
                with self.stages.within("engine"):
                    batch.observe(followed.frame, until=until)
                left_out |= self.newcomers.notice(followed.frame, batch, now)
                self._move(batch, followed.moves)
                self.at = int(frame.timestamps[-1])
                self.steps += len(frame.timestamps)
                frames.settle()
                yield self.at
        self.left_out.count(**left_out)

    def _move(self, batch: Batch, moves: dict[Labels, Labels]) -> None:
        """Call series by their present labels."""
        if moves:
            self.changes.renamed(len(moves))
            batch.labels = tuple(moves.get(row, row) for row in batch.labels)
            batch.bounds = self.asked.in_force(self.resource, batch.labels)
            self.learned = {moves.get(row, row) for row in self.learned}
            self.gone.find(moves.values())

    def frames(
        self, first: int, now: int, series: int, query: str | None = None
    ) -> Iterator[tuple[Frame, int]]:
        """What the backend has in [first, now], and how many series have no numbers."""
        query = query or self.resource.query
        return frames(self.client, query, first, now, step=self.config.step, series=series)

    def _admit(self, batch: Batch, now: int) -> None:
        """Give newcomers their own history, then join them to the batch."""
        labels = self.newcomers.settled(batch, now)
        if not labels:
            return
        if batch.outlook is None:  # nothing has been seen yet: begin again with the newcomers among the batch
            for _ in self._catch_up(self._start(now), now):
                pass
            self.newcomers.forget()
            return
        asked = self.newcomers.question(labels, batch, self.client, now)
        if asked is None:
            return
        try:
            fresh = self._history(asked, now)
        except PromqlError as error:
            if error.result not in DOWN:
                self.newcomers.failed(asked.labels, now)
            raise
        self._join(batch, fresh, now)

    def _history(self, asked: Question, now: int) -> Batch:
        """The newcomers with what they did so far."""
        fresh, step = self.fresh(asked.labels), self.config.step
        first = now - self.config.lookback // step * step + step
        for frame, _ in self.frames(first, now, asked.series, asked.query):
            self.show(fresh, frame, now, now)
        return fresh

    def _join(self, batch: Batch, fresh: Batch, now: int) -> None:
        """Dead series give way where there is no room for the newcomers beside them."""
        giving_way = self.newcomers.giving_way(fresh.labels, batch, now)
        kept = self._without(batch, giving_way, now)
        self.batch = kept.join(fresh) if kept.labels else fresh
        self.changes.joined(fresh.labels, self.gone.since, now)
        self.learned.difference_update(fresh.labels)
        self.gone.find(fresh.labels)
        self.newcomers.joined(fresh.labels)
        LOG.info("new series joined", extra={"resource": self.resource.name, "series": len(fresh.labels)})

    def _retire(self, now: int) -> None:
        """Drop the rows of series that are gone, and forget those that are gone for long.

        Nothing is gone by a partial answer.
        """
        self.gone.forget(now - self.config.forget_after)
        if self.batch is None or self._partial:
            return
        states = self.batch.states(now, self.config.stale_after, self.config.gone_after)
        self.changes.seen(self.batch.labels, states, now, 2 * self.config.stale_after)
        lost = [row for row, state in zip(self.batch.labels, states, strict=True) if state is State.GONE]
        if lost:
            self.batch = self._without(self.batch, frozenset(lost), now)
            LOG.info("series are gone", extra={"resource": self.resource.name, "series": len(lost)})

    def _without(self, batch: Batch, lost: frozenset[Labels], now: int) -> Batch:
        """The batch without some series, which are gone; of those, too, no VM may have too many."""
        if not lost:
            return batch
        self.gone.lose(lost, now, self.resource)
        kept = [at for at, row in enumerate(batch.labels) if row not in lost]
        return batch.take(kept) if kept else Batch.fresh((), (), self.settings)

    def _ask(self, batch: Batch, now: int) -> PromqlError | None:
        """Bounds by PromQL, once per cycle; raises PromqlError."""
        failure = self.asked.ask(self.resource, self.client, now, self.config.gone_after)
        batch.bounds = self.asked.in_force(self.resource, batch.labels)
        return failure
