"""The cycle: what a failure costs, what is said about it, and when the next one comes."""

from __future__ import annotations

import logging
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from forecaster.config.durations import horizon
from forecaster.config.model import Backend, Config
from forecaster.config.resource import Resource
from forecaster.promql.results import DENIED, PromqlError, Result
from forecaster.series.state import State
from forecaster.serve.clients import StoppedError
from forecaster.serve.loop import Loop
from forecaster.serve.state_folder import StateFolder
from forecaster.view.rollups import Rollup

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from backends import MemoryBackend
    from forecaster.series.frame import Track
    from forecaster.view.view import ResourceView, View

STEP, HOUR, DAY = 900, 3600, 86_400
NOW = 20_000 * DAY + 12 * HOUR
RESOURCES = tuple(Resource(name, name, horizons=(horizon("1h"),)) for name in ("cpu", "memory", "disk"))
WEB = (("domain", "web"),)


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = float(NOW + 20)

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def loop(history: MemoryBackend, clock: Clock, wave: Callable[..., dict[int, float]]) -> Loop:
    for resource in RESOURCES:
        history.put(resource.query, {"domain": "web"}, wave(NOW - 13 * HOUR, NOW + 6 * HOUR))
    config = Config.of(Backend(), RESOURCES, step=STEP, lookback=12 * HOUR)
    return Loop(config, threading.Event(), clock, history)


@pytest.mark.parametrize(
    ("part", "what"),
    [
        ("history.ask", "asking for the retention"),
        ("stocktaking.take", "taking stock of VMs and hosts"),
        ("rolling_up.read", "reading the past for advice"),
        ("whole.read", "reading the history of series that are served from their recent past"),
    ],
)
def test_a_mistake_beside_the_forecasts_costs_none_of_them(
    loop: Loop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, part: str, what: str
) -> None:
    def wrong(*_: object) -> None:
        raise OverflowError("int too large")

    owner, name = part.split(".")
    monkeypatch.setattr(getattr(loop, owner), name, wrong)
    monkeypatch.setattr(loop, "_wait", lambda _: loop.stopping.set())
    loop._cycles()
    assert loop.view.last_success is not None
    assert [record.getMessage() for record in caplog.records if record.exc_info] == [
        f"{what} failed: this is a mistake in the program"
    ]


def test_a_mistake_in_saving_ends_nothing(
    loop: Loop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def wrong(*_: object) -> None:
        raise TypeError("Object of type int64 is not JSON serializable")

    loop.state = StateFolder(tmp_path)
    monkeypatch.setattr(loop.state, "save", wrong)
    loop.stopping.set()
    loop.run()
    assert not loop.failed
    assert "saving what was learned failed: this is a mistake in the program" in caplog.text


def test_less_history_than_wanted_is_shown(loop: Loop, history: MemoryBackend) -> None:
    history.kept = 6 * HOUR
    loop.cycle(loop.due())
    assert loop.view.history_note.startswith("the backend keeps 6h and lookback is 12h")
    history.kept = DAY
    loop.reread = lambda: replace(loop.config, lookback=DAY)
    loop.reload_configuration()
    assert loop.view.history_note == ""


def of(loop: Loop, name: str) -> ResourceView:
    return next(each for each in loop.view.resources if each.resource.name == name)


def test_a_cycle_publishes_every_resource(loop: Loop) -> None:
    assert not loop.view.backend_up
    loop.cycle(loop.due())
    view = loop.view
    assert view.backend_up
    assert (view.cycles, view.last_success, view.caught_up) == ({"success": 1, "failure": 0}, NOW + 20, 0)
    assert view.duration is not None
    timed = [view.stages[each] for each in ("bounds", "read", "engine", "newcomers", "inventory")]
    assert sum(timed) <= view.duration + 1e-6, "stages do not overlap"
    assert min(timed) > 0
    for each in view.resources:
        assert each.states == {WEB: State.READY}
        assert each.rows is not None
        assert each.rows.at == NOW
        assert (each.error, each.last_success, each.progress, each.lag) == ("", NOW, 1.0, 20)
        assert each.past.labels == (WEB,)
        assert each.past.recent.times[-1] == NOW
        assert each.episodes == ()


def test_a_bad_query_costs_its_own_resource_only(
    loop: Loop, history: MemoryBackend, caplog: pytest.LogCaptureFixture
) -> None:
    history.errors["memory"] = PromqlError(Result.BAD_QUERY, "cannot run the query: parse error")
    with caplog.at_level(logging.ERROR):
        loop.cycle(NOW)
        loop.cycle(NOW)
    assert of(loop, "memory").error == "cannot run the query: parse error"
    assert of(loop, "memory").rows is None
    assert of(loop, "disk").error == of(loop, "cpu").error == ""
    assert of(loop, "disk").rows is not None
    assert loop.view.backend_up
    assert loop.view.last_success is None
    assert loop.view.cycles == {"success": 0, "failure": 2}
    assert [record.__dict__["err"] for record in caplog.records] == ["cannot run the query: parse error"]


def test_readers_see_a_cycle_when_it_is_over(
    loop: Loop, history: MemoryBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A resource that is at the new step beside others that are not would be a mixture of two cycles."""
    loop.cycle(NOW)
    seen: list[View] = []
    query = history.query

    def noted(expression: str, at: int, retries: int | None = None) -> list[Track]:
        seen.append(loop.view)
        return query(expression, at, retries)

    monkeypatch.setattr(history, "query", noted)
    before = loop.view
    loop.cycle(NOW + STEP)
    assert len(seen) >= len(RESOURCES)
    assert all(each is before for each in seen)
    assert [each.last_success for each in loop.view.resources] == [NOW + STEP] * len(RESOURCES)


def test_forecasts_do_not_wait_for_the_history_of_newcomers(
    loop: Loop, history: MemoryBackend, wave: Callable[..., dict[int, float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that were there are published by all resources before it is read."""
    loop.cycle(NOW)
    for name in ("cpu", "memory"):
        history.put(name, {"domain": "new"}, wave(NOW - HOUR, NOW + HOUR))
    seen: list[View] = []
    query_range = history.query_range

    def noted(expression: str, start: int, end: int, step: int, retries: int | None = None) -> list[Track]:
        seen.append(loop.view)
        return query_range(expression, start, end, step, retries)

    monkeypatch.setattr(history, "query_range", noted)
    loop.cycle(NOW + STEP)
    assert seen, "their history was read"
    for each in (each for view in seen for each in view.resources):
        assert (each.last_success, each.error) == (NOW + STEP, "")
        assert each.rows is not None
        assert (each.rows.at, each.rows.labels) == (NOW + STEP, (WEB,))
    assert len(of(loop, "cpu").states) == len(of(loop, "memory").states) == 2


def test_newcomers_join_though_bounds_cannot_be_asked_for(
    loop: Loop, history: MemoryBackend, wave: Callable[..., dict[int, float]]
) -> None:
    resource = replace(RESOURCES[0], limit_query="limits")
    loop.reread = lambda: replace(loop.config, resources=(resource, *RESOURCES[1:]))
    loop.reload_configuration()
    loop.cycle(NOW)
    history.errors["limits"] = PromqlError(Result.BAD_QUERY, "parse error")
    history.put("cpu", {"domain": "new"}, wave(NOW - HOUR, NOW + HOUR))
    loop.cycle(NOW + STEP)
    assert "limit_query" in of(loop, "cpu").error
    assert loop.watches[0].size == 2


def test_an_unexpected_error_costs_its_own_resource_and_a_fresh_start(
    loop: Loop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    loop.cycle(NOW)
    watch = loop.watches[1]

    def broken(*_: Any) -> None:
        raise ZeroDivisionError("what it was about")

    with monkeypatch.context() as patch:
        patch.setattr(watch, "_catch_up", broken)
        loop.cycle(NOW + STEP)
        patch.setattr(watch, "_start", broken)
        loop.cycle(NOW + 2 * STEP)  # too soon to read the whole history again
    assert of(loop, "memory").error == "internal error (ZeroDivisionError), see the log"
    assert of(loop, "memory").states == {}
    assert of(loop, "disk").last_success == NOW + 2 * STEP
    assert watch.batch is None
    assert caplog.text.count("starts again") == 1
    loop.cycle(NOW + 5 * STEP)
    assert of(loop, "memory").states == {WEB: State.READY}
    assert of(loop, "memory").error == ""


def test_a_backend_that_is_down_is_said_once_and_so_is_its_return(
    loop: Loop, history: MemoryBackend, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    for name in ("cpu", "memory", "disk"):
        history.errors[name] = PromqlError(Result.UNREACHABLE, "http://p cannot be reached: refused")
    loop.cycle(NOW)
    loop.cycle(NOW)
    assert len(history.asked) == 2  # the other resources were not tried in vain
    assert {each.error for each in loop.view.resources} == {"http://p cannot be reached: refused"}
    assert not loop.view.backend_up
    assert loop._pause(NOW) == pytest.approx(15)
    history.errors.clear()
    clock.now = NOW + STEP + 20
    loop.cycle(loop.due())
    assert loop.view.backend_up
    messages = [record.getMessage() for record in caplog.records]
    assert messages.count("cannot query; trying again until it works") == 1
    assert messages.count("queries work again") == 1


def test_a_backend_that_is_starting_is_asked_again_soon(loop: Loop, history: MemoryBackend) -> None:
    """Not after a step: both are often started together. Later a failure is one query's, and waits."""
    for resource in RESOURCES:
        history.errors[resource.query] = PromqlError(Result.SERVER_ERROR, "http://p is starting (503)")
    loop.cycle(NOW)
    assert loop._pause(NOW) == pytest.approx(15)
    history.errors.clear()
    loop.cycle(NOW)
    assert loop._pause(NOW) > 60
    history.errors[RESOURCES[0].query] = PromqlError(Result.SERVER_ERROR, "http://p gave up (503)")
    loop.cycle(NOW + STEP)
    assert loop._pause(NOW + STEP) > 60


@pytest.mark.parametrize("result", [Result.BAD_QUERY, Result.OVERLOADED, Result.TIMEOUT])
def test_what_is_refused_or_slow_from_the_start_is_asked_again_after_a_step(
    loop: Loop, history: MemoryBackend, result: Result
) -> None:
    for resource in RESOURCES:
        history.errors[resource.query] = PromqlError(result, "http://p says no")
    loop.cycle(NOW)
    assert loop._pause(NOW) > 60


def test_after_an_outage_every_step_is_read(loop: Loop, history: MemoryBackend, clock: Clock) -> None:
    loop.cycle(NOW)
    history.errors["cpu"] = PromqlError(Result.UNREACHABLE, "down")
    loop.cycle(NOW + STEP)
    history.errors.clear()
    clock.now = NOW + 5 * STEP + 20
    loop.cycle(loop.due())
    assert [watch.steps for watch in loop.watches] == [48 + 5] * 3
    assert loop.view.caught_up == 3 * 4
    assert {each.last_success for each in loop.view.resources} == {NOW + 5 * STEP}


def test_after_an_outage_readers_see_of_which_instant_forecasts_are(
    loop: Loop, history: MemoryBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop.cycle(NOW)
    monkeypatch.setattr("forecaster.serve.frames.window_steps", lambda _series: 2)
    seen: list[tuple[int, int]] = []
    query_range = history.query_range

    def noted(expression: str, start: int, end: int, step: int, retries: int | None = None) -> list[Track]:
        cpu = of(loop, "cpu")
        assert cpu.rows is not None
        seen.append((cpu.rows.at, cpu.last_success))
        return query_range(expression, start, end, step, retries)

    monkeypatch.setattr(history, "query_range", noted)
    loop.cycle(NOW + 12 * STEP)
    assert len({at for at, _ in seen}) > 2, "it is read window by window"
    assert all(at == last for at, last in seen)


def test_an_anomaly_is_remembered_when_it_has_ended(
    loop: Loop, history: MemoryBackend, wave: Callable[..., dict[int, float]]
) -> None:
    samples = wave(NOW - 13 * HOUR, NOW + 6 * HOUR)
    spike = dict.fromkeys((NOW + STEP, NOW + 2 * STEP), 5.0)
    history.put("cpu", {"domain": "spiked"}, samples | spike)
    for step in range(10):
        loop.cycle(NOW + step * STEP)
    (episode,) = of(loop, "cpu").episodes
    assert episode.labels == (("domain", "spiked"),)
    assert NOW < episode.onset <= episode.last < NOW + 9 * STEP
    assert episode.peak > 1
    assert of(loop, "memory").episodes == ()


def test_a_timeout_does_not_cost_the_others(loop: Loop, history: MemoryBackend) -> None:
    history.errors["cpu"] = PromqlError(Result.TIMEOUT, "slow")
    loop.cycle(NOW)
    assert of(loop, "cpu").error == "slow"
    assert of(loop, "disk").error == ""
    assert loop.view.backend_up
    for name in ("cpu", "memory", "disk"):
        history.errors[name] = PromqlError(Result.TIMEOUT, "slow")
    loop.cycle(NOW + STEP)
    assert not loop.view.backend_up


@pytest.mark.parametrize("slow", [each.name for each in RESOURCES])
def test_a_timeout_of_one_resource_is_not_the_backend_s_whichever_it_is(
    loop: Loop, history: MemoryBackend, slow: str
) -> None:
    history.errors[slow] = PromqlError(Result.TIMEOUT, "slow")
    loop.cycle(NOW)
    assert loop.view.backend_up
    assert loop.view.inventory.at == NOW, "stock is taken all the same"


@pytest.mark.parametrize("result", sorted(DENIED))
@pytest.mark.parametrize("denied", [each.name for each in RESOURCES])
def test_a_query_that_is_denied_costs_its_own_resource_only(
    loop: Loop, history: MemoryBackend, caplog: pytest.LogCaptureFixture, denied: str, result: Result
) -> None:
    history.errors[denied] = PromqlError(result, "http://p forbids the query (403)")
    with caplog.at_level(logging.ERROR):
        loop.cycle(NOW)
        loop.cycle(NOW + STEP)
    for each in loop.view.resources:
        told = ("http://p forbids the query (403)", 0) if each.resource.name == denied else ("", NOW + STEP)
        assert (each.error, each.last_success) == told
    assert loop.view.backend_up
    assert loop._pause(NOW + STEP) > 60
    assert [(record.getMessage(), record.__dict__["resource"]) for record in caplog.records] == [
        ("resource failed", denied)
    ]


def test_a_backend_that_denies_every_query_is_down(
    loop: Loop, history: MemoryBackend, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """A wrong password is said once, not for each resource; what is denied alone later is said of itself."""
    caplog.set_level(logging.INFO)
    loop.cycle(NOW)
    for resource in RESOURCES:
        history.errors[resource.query] = PromqlError(Result.UNAUTHORIZED, "http://p refuses the credentials")
    for late in (0, 15):
        clock.now = NOW + STEP + 20 + late
        loop.cycle(loop.due())
        assert {each.error for each in loop.view.resources} == {"http://p refuses the credentials"}
        assert not loop.view.backend_up
        assert loop._pause(NOW + STEP) == pytest.approx(15)
    del history.errors["memory"], history.errors["disk"]
    loop.cycle(loop.due())
    assert [each.error for each in loop.view.resources] == ["http://p refuses the credentials", "", ""]
    assert loop.view.backend_up
    assert [record.getMessage() for record in caplog.records if record.name.endswith("outcomes")] == [
        "cannot query; trying again until it works",
        "queries work again",
        "resource failed",
    ]


def test_a_bound_that_is_denied_costs_no_forecast(loop: Loop, history: MemoryBackend) -> None:
    resource = replace(RESOURCES[0], limit_query="limits")
    loop.reread = lambda: replace(loop.config, resources=(resource, *RESOURCES[1:]))
    loop.reload_configuration()
    history.errors["limits"] = PromqlError(Result.UNAUTHORIZED, "http://p forbids the query (403)")
    loop.cycle(NOW)
    assert of(loop, "cpu").error == "limit_query: http://p forbids the query (403)"
    rows = of(loop, "cpu").rows
    assert rows is not None
    assert rows.at == NOW


def reads_on(loop: Loop, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The instants at which the past for advice is read from now on."""
    seen: list[int] = []
    monkeypatch.setattr(loop.rolling_up, "read", lambda _client, now, _go_on: seen.append(now))
    return seen


def test_advice_is_made_though_a_resource_has_a_shorter_step(
    history: MemoryBackend, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = replace(RESOURCES[0], step=STEP // 5)
    config = Config.of(Backend(), (quick, *RESOURCES[1:]), step=STEP, lookback=12 * HOUR)
    loop = Loop(config, threading.Event(), clock, history)
    seen = reads_on(loop, monkeypatch)
    cycles = [NOW + number * STEP // 5 for number in range(6)]
    for now in cycles:
        clock.now = now + loop.rhythm.settle + 1
        loop.cycle(now)
        loop._read_on(now)
    assert seen == cycles
    clock.now += STEP / 5 - 10
    loop._read_on(cycles[-1])
    assert seen == cycles, "a cycle that comes soon is not kept waiting"


@pytest.mark.parametrize("result", [Result.UNAUTHORIZED, Result.NOT_FOUND, Result.TIMEOUT])
def test_a_cycle_of_one_resource_that_is_denied_says_nothing_of_those_not_due(
    history: MemoryBackend, clock: Clock, result: Result
) -> None:
    quick = replace(RESOURCES[0], step=STEP // 5)
    config = Config.of(Backend(), (quick, *RESOURCES[1:]), step=STEP, lookback=12 * HOUR)
    loop = Loop(config, threading.Event(), clock, history)
    loop.cycle(NOW)
    history.errors["cpu"] = PromqlError(result, "http://p forbids the query (403)")
    for number in range(1, 5):
        clock.now = NOW + number * STEP // 5 + loop.rhythm.settle + 1
        loop.cycle(NOW + number * STEP // 5)
        assert [each.error for each in loop.view.resources] == ["http://p forbids the query (403)", "", ""]
        assert loop.view.backend_up


@pytest.mark.parametrize("result", sorted({*Result} - {Result.SUCCESS, Result.UNREACHABLE}))
def test_one_failing_resource_does_not_end_all_advice(
    loop: Loop, history: MemoryBackend, monkeypatch: pytest.MonkeyPatch, result: Result
) -> None:
    loop.recent_first = True
    history.errors["cpu"] = PromqlError(result, "no")
    seen = reads_on(loop, monkeypatch)
    loop.cycle(NOW)
    loop._read_history(NOW)
    loop._read_on(NOW)
    assert seen == [NOW]


def test_a_history_that_is_refused_does_not_end_all_advice(
    loop: Loop, history: MemoryBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    history.put("cpu", {"domain": "web"}, dict.fromkeys(range(NOW - 4 * DAY, NOW - 13 * HOUR, STEP), 0.3))
    loop.config = replace(loop.config, lookback=4 * DAY)
    loop.recent_first = True
    seen = reads_on(loop, monkeypatch)
    loop.cycle(NOW)
    loop._read_on(NOW)
    assert seen == [], "histories come first"
    history.errors["cpu"] = PromqlError(Result.BAD_QUERY, "too long")
    loop._read_history(NOW)
    assert [loop.whole.share(watch) for watch in loop.watches] == [0, 1, 1]
    assert of(loop, "cpu").error == ""
    loop._read_on(NOW)
    assert seen == [NOW]


def test_no_past_is_read_of_a_backend_that_is_down(
    loop: Loop, history: MemoryBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = reads_on(loop, monkeypatch)
    history.errors["disk"] = PromqlError(Result.UNREACHABLE, "down")
    loop.cycle(NOW)
    loop._read_on(NOW)
    assert seen == []


def test_a_resource_with_a_step_of_its_own_is_read_on_its_own_grid(
    history: MemoryBackend, clock: Clock, wave: Callable[..., dict[int, float]]
) -> None:
    for resource in RESOURCES:
        history.put(resource.query, {"domain": "web"}, wave(NOW - 13 * HOUR, NOW + 6 * HOUR))
    slow = replace(RESOURCES[0], step=2 * STEP)
    config = Config.of(Backend(), (slow, RESOURCES[1]), step=STEP, lookback=12 * HOUR)
    loop = Loop(config, threading.Event(), clock, history)
    for number in range(4):
        loop.cycle(NOW + number * STEP)
    read = {name: [end for query, start, end in history.asked if query == name] for name in ("cpu", "memory")}
    assert read["cpu"][-2:] == [NOW, NOW + 2 * STEP]
    assert read["memory"][-2:] == [NOW + 2 * STEP, NOW + 3 * STEP]
    assert loop.view.cycles == {"success": 4, "failure": 0}
    rows = of(loop, "cpu").rows
    assert rows is not None
    assert loop.view.fresh(rows.at + 8 * STEP, STEP).rows == (rows,), "four steps of its own"
    assert loop.view.fresh(rows.at + 8 * STEP + 1, STEP).rows == ()
    assert {watch.resource.name: watch.steps for watch in loop.watches} == {"cpu": 24 + 1, "memory": 48 + 3}


def test_a_cycle_that_overruns_is_counted_and_none_is_queued(loop: Loop, clock: Clock) -> None:
    seen: list[int] = []
    durations = [STEP / 2, STEP * 2.5, 10.0]

    def cycle(now: int) -> None:
        seen.append(now)
        clock.now += durations[len(seen) - 1]
        if len(seen) == len(durations):
            loop.stopping.set()

    loop.cycle = cycle  # type: ignore[method-assign]
    loop._wait = lambda now: setattr(clock, "now", max(clock.now, now + STEP + 15.0))  # type: ignore[method-assign]
    loop.run()
    assert loop.totals.overruns == 1
    assert seen == [NOW, NOW + STEP, NOW + 3 * STEP]


def test_cycles_come_a_little_after_the_grid(loop: Loop, clock: Clock) -> None:
    clock.now = NOW + 14.9
    assert loop.due() == NOW - STEP
    clock.now = NOW + 15.1
    assert loop.due() == NOW
    loop.cycle(NOW)
    assert loop._pause(NOW) == pytest.approx(STEP - 0.1)
    clock.now = NOW + 3 * STEP
    assert loop._pause(NOW) == 0


def test_what_a_clock_that_was_ahead_has_read_is_read_again_once_it_is_right(
    loop: Loop, clock: Clock
) -> None:
    """The inventory and the past for advice, too: else both stand still until the wrong time comes."""

    def have_rolled_up(until: int) -> None:
        ends, values = np.array([until]), np.ones((1, 1), np.float32)
        row = Rollup((("h1", "web"),), ends, values, values)
        loop.rolling_up.steps = loop.rolling_up.steps.having("cpu", row)

    have_rolled_up(NOW)
    clock.now = NOW + 3 * DAY + 20
    loop.cycle(NOW + 3 * DAY)
    loop.outcomes.progress["cpu"].not_before = NOW + 4 * DAY
    assert loop.view.inventory.at == NOW + 3 * DAY
    clock.now = NOW + 20
    loop.cycle(NOW)
    assert loop.view.inventory.at == NOW
    loop.cycle(NOW + HOUR)
    assert [each.last_success for each in loop.view.resources] == [NOW + HOUR] * 3
    have_rolled_up(NOW + 3 * DAY)
    loop.cycle(NOW + HOUR)
    assert loop.rolling_up.until == 0
    have_rolled_up(NOW + HOUR)
    loop.cycle(NOW + HOUR - STEP)
    assert loop.rolling_up.until == NOW + HOUR, "so little is no reason"


def test_a_loop_that_is_to_end_asks_no_more(silent_port: int) -> None:
    """A cycle and the past for advice take many queries: the state is to be saved in time."""
    stopping = threading.Event()
    config = Config.of(Backend(url=f"http://127.0.0.1:{silent_port}"), RESOURCES, step=STEP, lookback=DAY)
    loop = Loop(config, stopping)
    with pytest.raises(PromqlError):
        loop._past_client.read("up", NOW - HOUR, NOW, STEP)
    asked = dict(loop.client.statistics.requests)
    stopping.set()
    for client in (loop.client, loop._past_client):
        with pytest.raises(StoppedError):
            client.read("up", NOW - HOUR, NOW, STEP)
        with pytest.raises(StoppedError):
            client.instant("up", NOW)
    loop.cycle(NOW)
    assert loop.client.statistics.requests == asked


def test_the_loop_runs_until_it_is_stopped(loop: Loop, clock: Clock) -> None:
    seen: list[int] = []

    def cycle(now: int) -> None:
        seen.append(now)
        clock.now += STEP
        if len(seen) == 3:
            loop.stopping.set()

    loop.cycle = cycle  # type: ignore[method-assign]
    loop.run()
    assert seen == [NOW, NOW + STEP, NOW + 2 * STEP]


def test_a_loop_that_fails_stops_the_program(
    loop: Loop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_now: int) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(loop, "cycle", broken)
    loop.run()
    assert loop.failed
    assert loop.stopping.is_set()
    assert "the loop failed" in caplog.text
