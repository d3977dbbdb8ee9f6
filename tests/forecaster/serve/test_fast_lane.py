"""The fast lane: what is judged between steps, and what it takes for an anomaly."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from forecaster.config.durations import horizon
from forecaster.config.model import Backend, Config
from forecaster.config.resource import Resource
from forecaster.promql.results import PromqlError, Result
from forecaster.publish.fast import fast_samples
from forecaster.serve.batch import marks_of
from forecaster.serve.fast_lane import DAMPED, FastLane
from forecaster.serve.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Callable

    from backends import MemoryBackend

STEP, HOUR, DAY = 900, 3600, 86_400
NOW = 20_000 * DAY + 12 * HOUR
CPU = Resource("cpu", "cpu", horizons=(horizon("1h"),), fast=2, fast_query="cpu:raw", min_deviation=0.1)
CONFIG = Config.of(Backend(retries=0), (CPU,), step=STEP, lookback=3 * DAY)
WEB, DB = ((("domain", each), ("instance", "h1")) for each in ("web", "db"))


class Lane:
    """A fast lane whose clock a test sets; a turn takes place when it says so."""

    def __init__(self, backend: MemoryBackend, watch: Watch) -> None:
        self.now = float(NOW)
        self.lane = FastLane(Backend(retries=0), threading.Event(), lambda: self.now, backend)
        self.backend = backend
        self.lane._client.backend = self.lane._backend
        self.lane.stand([watch])

    def turn(self, **values: float) -> dict[str, float]:
        """Two seconds later the series have these values: the scores that are published."""
        self.now += 2
        for domain, value in values.items():
            labels = {"domain": domain, "instance": "h1"}
            self.backend.put("cpu:raw", labels, {int(self.now): value})
        self.lane.turn(self.now)
        return self.published()

    def published(self) -> dict[str, float]:
        said = fast_samples(self.lane.view, self.lane.queries, self.now)
        return {
            dict(zip(each.metric.labels, each.labels, strict=True))["domain"]: float(each.value)  # type: ignore[arg-type]
            for each in said
            if each.metric.name == "virtcast_fast_anomaly_score"
        }


@pytest.fixture
def watch(history: MemoryBackend, wave: Callable[..., dict[int, float]]) -> Watch:
    for labels in (WEB, DB):
        history.put("cpu", dict(labels), wave(NOW - 4 * DAY, NOW + HOUR))
    watched = Watch(CPU, CONFIG, history)
    watched.advance(NOW)
    return watched


@pytest.fixture
def lane(history: MemoryBackend, watch: Watch) -> Lane:
    return Lane(history, watch)


def test_what_is_no_forecast_any_more_judges_nothing(lane: Lane) -> None:
    """The query fails for hours, say, and `fast_query` does not."""
    lane.turn(web=0.9)
    assert lane.turn(web=0.9) != {}
    lane.now += CONFIG.fresh_for
    lane.turn(web=0.9)
    assert lane.turn(web=0.9) == {}
    assert lane.lane.queries["success"] == 2


def test_an_anomaly_is_seen_with_its_second_sample(lane: Lane) -> None:
    assert lane.turn(web=0.3, db=0.3) == {}
    assert lane.turn(web=0.9, db=0.3) == {}
    seen = lane.turn(web=0.9, db=0.3)
    assert set(seen) == {"web"}
    assert seen["web"] > 1
    assert lane.turn(web=0.3, db=0.3) == {}
    assert lane.lane.queries == {"success": 4, "failure": 0}


def test_single_samples_are_no_anomaly(lane: Lane) -> None:
    for _ in range(5):
        assert lane.turn(web=0.95) == {}
        assert lane.turn(web=0.3) == {}


def test_the_lower_score_of_two_counts_for_less(lane: Lane, watch: Watch) -> None:
    assert watch.batch is not None
    standing, values = watch.batch.engine.standing(), np.array([0.3, 0.9])
    dial = {key: each for key, each in marks_of(watch.batch.bounds).items() if key != "limit"}
    scores = dict(zip(watch.batch.labels, standing.judge(values, **dial).tolist(), strict=True))
    lane.turn(web=0.9, db=0.3)
    assert lane.turn(web=0.9, db=0.3)["web"] == pytest.approx(scores[WEB] / DAMPED)


def test_turns_come_no_more_often_than_asked_for(lane: Lane, history: MemoryBackend) -> None:
    lane.turn(web=0.3)
    history.asked.clear()
    lane.lane.turn(lane.now + 1.9)
    assert history.asked == []
    lane.lane.turn(lane.now + 2.0)
    assert [query for query, _, _ in history.asked] == ["cpu:raw"]


def test_a_failure_is_counted_and_said_once_and_old_scores_are_none(
    lane: Lane, history: MemoryBackend, caplog: pytest.LogCaptureFixture
) -> None:
    lane.turn(web=0.9)
    assert lane.turn(web=0.9)
    history.errors["cpu:raw"] = PromqlError(Result.TIMEOUT, "slow")
    assert lane.turn(), "for three turns the last scores stand"
    for _ in range(3):
        left = lane.turn()
    assert left == {}
    assert lane.lane.queries == {"success": 2, "failure": 4}
    assert [record.getMessage() for record in caplog.records] == ["the fast lane cannot ask"]


def test_what_only_learns_or_has_no_fast_lane_is_not_judged(history: MemoryBackend, watch: Watch) -> None:
    learning = Watch(CPU, CONFIG, history, provisional=DAY)
    learning.advance(NOW)
    slow = Watch(replace(CPU, fast=0, fast_query=None), CONFIG, history)
    slow.advance(NOW)
    for each in (learning, slow):
        assert Lane(history, each).turn(web=0.9) == {}
    lane = Lane(history, watch)
    lane.turn(web=0.9)
    lane.lane.stand([slow])
    assert lane.lane.view == {}


def test_the_thread_ends_when_the_program_does(history: MemoryBackend) -> None:
    stopping = threading.Event()
    lane = FastLane(Backend(), stopping, client=history)
    thread = threading.Thread(target=lane.run)
    thread.start()
    stopping.set()
    thread.join(20)
    assert not thread.is_alive()
