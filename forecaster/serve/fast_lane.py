"""The fast lane: between steps, the newest sample of each series is judged by what the last step left.

It has a thread and a client of its own, so that neither a cycle nor history delays it. One sample alone is no
anomaly: of two in a row the lower score counts, divided by a number that makes up for the many looks. What
fails is counted, and tried again at the next turn.
"""

from __future__ import annotations

import logging
import math
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from forecaster.promql.client import Client
from forecaster.promql.results import PromqlError
from forecaster.series.frame import align, arrange
from forecaster.serve.batch import marks_of
from forecaster.view.fast import FastView

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from threading import Event

    from numpy.typing import NDArray

    from forecaster.config.model import Backend
    from forecaster.config.resource import Resource
    from forecaster.engine.standing import Standing
    from forecaster.series.labels import Labels
    from forecaster.serve.watch import Watch

LOG = logging.getLogger(__name__)
# It looks many times a step, and each look may be a false alarm. By this number there are no more of them
# than at the steps, whether noise lasts for 20 s or 5 minutes: deploy/bench/fast_alarms.py.
DAMPED = 1.4
IDLE_SECONDS = 0.5  # between looks whether a resource has become one of the fast lane


def _nothing() -> None:
    """Nobody waits for scores."""


@dataclass
class _Lane:
    """One resource: by what its series are judged, up to which Unix second that is good, and when the next
    turn is, on the monotonic clock.
    """

    resource: Resource
    labels: tuple[Labels, ...]
    standing: Standing
    dial: Mapping[str, NDArray[np.float64]]
    good_until: int
    due: float = 0.0
    before: Mapping[Labels, float] = field(default_factory=dict)  # the scores of the last turn


class FastLane:
    """Judges until `stopping` is set. `view` is replaced, never changed."""

    def __init__(
        self,
        backend: Backend,
        stopping: Event,
        clock: Callable[[], float] = time.time,
        client: Client | None = None,
    ) -> None:
        self.view: Mapping[str, FastView] = {}
        self.queries = {"success": 0, "failure": 0}
        self._backend, self._client = backend, client or Client(backend, stopping.wait)
        self._stopping, self._clock = stopping, clock
        self._lanes: dict[str, _Lane] = {}
        self._failing: set[str] = set()  # the resources whose newest values could not be asked for
        self.judged: Callable[[], None] = _nothing  # called after each turn that gave scores

    @property
    def circuit_open(self) -> bool:
        """Whether its backend is only tried now and then."""
        return self._client.circuit.is_open

    def ask(self, backend: Backend) -> None:
        """Ask this backend from the next turn on."""
        self._backend = backend

    def stand(self, watches: Iterable[Watch]) -> None:
        """After a cycle: what is judged from now on, and by what. Series that only learn are not judged."""
        lanes = {}
        for watch in watches:
            batch, name, at = watch.batch, watch.resource.name, watch.at
            if not watch.resource.fast or watch.provisional or at is None or batch is None:
                continue
            if batch.outlook is None:
                continue
            dial = {key: value for key, value in marks_of(batch.bounds).items() if key != "limit"}
            good_until = at + watch.config.fresh_for
            lane = _Lane(watch.resource, batch.labels, batch.engine.standing(), dial, good_until)
            if name in self._lanes:
                lane.due, lane.before = self._lanes[name].due, self._lanes[name].before
            lanes[name] = lane
        self._lanes = lanes
        self.view = {name: each for name, each in self.view.items() if name in lanes}

    def run(self) -> None:
        """Turn after turn; never queued: a turn that is late is the only one."""
        while not self._stopping.is_set():
            self.turn(time.monotonic())
            due = min((lane.due for lane in self._lanes.values()), default=float("inf"))
            self._stopping.wait(min(IDLE_SECONDS, max(0.0, due - time.monotonic())))
        self._client.close()

    def turn(self, now: float) -> None:
        """Judge the resources that are due at `now`, on the monotonic clock."""
        if self._client.backend != self._backend:
            self._client.close()
            self._client = Client(self._backend, self._stopping.wait)
        for name, lane in list(self._lanes.items()):
            if lane.due <= now:
                lane.due = now + lane.resource.fast
                if self._clock() <= lane.good_until:  # what is too old to be a forecast judges nothing
                    self._judge(name, lane)

    def _judge(self, name: str, lane: _Lane) -> None:
        at = math.ceil(self._clock())  # what came within this second counts
        try:
            tracks = self._client.instant(lane.resource.fast_query or lane.resource.query, at)
        except PromqlError as error:
            self.queries["failure"] += 1
            self._say(name, str(error))
            return
        self.queries["success"] += 1
        self._failing.discard(name)
        values = arrange(align(tracks, np.array([at])), lane.labels).values[:, 0]
        score = lane.standing.judge(np.ascontiguousarray(values), **lane.dial)
        scores = {row: float(each) for row, each in zip(lane.labels, score, strict=True) if np.isfinite(each)}
        both = {
            row: min(each, lane.before[row]) / DAMPED for row, each in scores.items() if row in lane.before
        }
        lane.before = scores
        self.view = {**self.view, name: FastView(lane.resource, at, both)}
        self.judged()

    def _say(self, name: str, error: str) -> None:
        """Log a failure once, until the query works again."""
        if name not in self._failing:
            LOG.warning("the fast lane cannot ask", extra={"resource": name, "err": error})
        self._failing.add(name)
