"""The whole history of resources that are served from their recent past, read between cycles.

Some hundreds of series at a time read all of their history: their state stays in the processor's caches, and
there is no second state of all series. What they have learned then takes the place of what they are served
by. It is what a start learns that reads everything first.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forecaster.promql.results import PromqlError
from forecaster.promql.selectors import nameable, narrowed
from forecaster.series.labels import without
from forecaster.serve.read_ahead import ReadAhead
from forecaster.serve.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from forecaster.config.model import Config
    from forecaster.promql.client import Client
    from forecaster.series.frame import Frame
    from forecaster.series.labels import Labels
    from forecaster.serve.batch import Batch

LOG = logging.getLogger(__name__)

FAR_BEHIND_DAYS = 3  # a weekend: what lags more is served from its last day first, and learned again
GROUP_SERIES = 1_024  # that are asked for by their labels: some blocks of the engine for each thread


@dataclass
class _Group:
    """Series that read their history together, up to `at` so far."""

    batch: Batch
    query: str
    answered: int  # series of an answer
    at: int
    asked: int = 0  # up to when it is asked for


@dataclass
class _Reading:
    """One resource's history under way."""

    watch: Watch
    config: Config
    since: int = 0  # where all histories begin: before the instant at which the first one was asked for
    group: _Group | None = None
    windows: Generator[None] | None = None  # what is left

    def share(self) -> float:
        """How much of the history of all series has been read."""
        group, size = self.group, self.watch.size
        if self.watch.at is None or not size:
            return 0.0
        done = float(size - len(self.watch.unlearned()))
        if group is not None:
            done += len(group.batch.labels) * (group.at - self.since) / max(1, self.watch.at - self.since)
        return min(1.0, done / size)

    def step(self) -> bool:
        """Read a window; whether that was the last one. Raises PromqlError."""
        before = self.watch.client.statistics.partial
        try:
            if self.windows is None:
                self.windows = self._read()
            if next(self.windows, self) is self:
                self.windows = None
        except PromqlError:
            self.windows = None
            raise
        finally:
            self.watch.left_out.partial_answers += self.watch.client.statistics.partial - before
        return not self.watch.unlearned()

    def stop(self) -> None:
        """Leave off after a window; the next one is asked for anew."""
        if self.windows is not None:
            self.windows.close()
            self.windows = None

    def judge_by(self, config: Config) -> None:
        """Go on with other bounds, or another client."""
        self.stop()
        self.config = config.for_resource(self.watch.resource)
        if self.group is not None:
            self.group.batch.bounds = self.watch.fresh(self.group.batch.labels).bounds

    def _read(self) -> Generator[None]:
        """Window by window. While it pauses, nothing is asked."""
        with ReadAhead(self._frames()) as frames:
            for group, frame in frames:
                self.group = group
                self._observe(group, frame, group.asked)
                frames.settle()
                if group.at == group.asked:
                    self._learn(group)
                yield

    def _frames(self) -> Iterator[tuple[_Group, Frame]]:
        """The windows of what is left of the present group, and of the groups that come after it."""
        begun: set[Labels] = set()
        step, group = self.config.step, self.group or self._next(begun)
        while group is not None:
            begun.update(group.batch.labels)
            group.asked = self._now()
            for frame, _ in self.watch.frames(group.at + step, group.asked, group.answered, group.query):
                yield group, frame
            group = self._next(begun)

    def _next(self, begun: set[Labels]) -> _Group | None:
        """A group of those that have not begun; None where there are none."""
        watch, now, step = self.watch, self._now(), self.config.step
        self.since = self.since or now - self.config.lookback // step * step
        left = [row for row in watch.unlearned() if row not in begun]
        if not left:
            return None
        named = nameable([without(row, watch.resource.follow) for row in left[:GROUP_SERIES]])
        ways = narrowed(watch.resource.query, named)
        labels = left[: len(named)] if ways else left
        query = watch.client.accepted(ways, now) if ways else watch.resource.query
        answered = len(labels) if ways else watch.size
        return _Group(watch.fresh(labels), query, answered, self.since)

    def _learn(self, group: _Group) -> None:
        """Bring a group to the instant of what is served, which may have gone on, and put it in its place."""
        step, now = self.config.step, self._now()
        if group.at < now:
            for frame, _ in self.watch.frames(group.at + step, now, group.answered, group.query):
                self._observe(group, frame, now)
        self.watch.learn(group.batch)
        self.group = None

    def _observe(self, group: _Group, frame: Frame, until: int) -> None:
        self.watch.show(group.batch, frame, self._now(), until)
        group.at = int(frame.timestamps[-1])

    def _now(self) -> int:
        assert self.watch.at is not None  # noqa: S101 (only what is served is read)
        return self.watch.at


class WholeHistory:
    """The histories that are being read, by resource."""

    def __init__(self) -> None:
        self._readings: dict[str, _Reading] = {}
        self._failed: set[str] = set()  # in this pause between cycles

    def __contains__(self, name: str) -> bool:
        return name in self._readings

    def begin(self, fronts: list[Watch], config: Config, client: Client, now: int) -> None:
        """Put watches of the last day in the place of those that lag far behind; the rest is read later."""
        for place, watch in enumerate(fronts):
            name = watch.resource.name
            lag = config.lookback if watch.at is None else now - watch.at
            under_way = watch.at is not None and name in self._readings
            if lag > FAR_BEHIND_DAYS * config.day and not under_way:
                fronts[place] = Watch(watch.resource, config, client, provisional=config.day)
                self._forget(name)
            if fronts[place].provisional and name not in self._readings:
                self._readings[name] = _Reading(fronts[place], config.for_resource(watch.resource))

    def _forget(self, name: str) -> None:
        if name in self._readings:
            self._readings.pop(name).stop()

    def share(self, front: Watch) -> float:
        """How much of the history of a watch that is served has been read."""
        reading = self._readings.get(front.resource.name)
        return reading.share() if reading is not None else float(not front.provisional)

    def failed(self, front: Watch) -> bool:
        """Whether the history of a watch that is served could not be read since the last cycle."""
        return front.resource.name in self._failed

    def keep(self, fronts: list[Watch], config: Config) -> None:
        """A new configuration: go on with the resources that are still served as they were."""
        for name, reading in list(self._readings.items()):
            if any(front is reading.watch for front in fronts):
                reading.judge_by(config)
            else:
                self._forget(name)

    def pause(self) -> None:
        """A cycle has gone by: what failed is tried again."""
        self._failed.clear()

    def read(self, fronts: list[Watch]) -> bool:
        """Read one window; false if none is left."""
        for front in fronts:
            name = front.resource.name
            if name in self._readings and front.at is not None and name not in self._failed:
                self._step(name)
                return True
        return False

    def _step(self, name: str) -> None:
        reading = self._readings[name]
        try:
            complete = reading.step()
        except PromqlError as error:
            self._failed.add(name)
            LOG.warning("history cannot be read now", extra={"resource": name, "err": str(error)})
            return
        if complete:
            self._forget(name)
            reading.watch.end_provisional(reading.config)
            LOG.info("the whole history is read", extra={"resource": name})

    def stop(self) -> None:
        """Leave off; what was learned stays."""
        for reading in self._readings.values():
            reading.stop()
