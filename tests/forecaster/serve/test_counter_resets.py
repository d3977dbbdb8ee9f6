"""Resets of counters are counted once each, whatever stands between two cycles, and never cost one."""

from __future__ import annotations

import logging
import math
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import requests

from forecaster.config.model import Backend, Config, Shard
from forecaster.config.resource import Resource
from forecaster.config.resources import RESOURCES
from forecaster.promql.client import Client
from forecaster.promql.results import PromqlError, Result
from forecaster.publish.gauges import samples
from forecaster.series.frame import Track
from forecaster.serve.counter_resets import CounterResets, resets_query
from forecaster.serve.loop import Loop

if TYPE_CHECKING:
    from collections.abc import Callable

    from backends import MemoryBackend, Program

STEP, HOUR, DAY = 300, 3600, 86_400
NOW = 1_700_000_100 // STEP * STEP
SCRAPE = 15
# Within a step, between two steps (the last scrape before one and the first after it), on a step, and two.
RESETS = (NOW + 40, NOW + STEP + 5, NOW + 2 * STEP, NOW + 3 * STEP + 31, NOW + 3 * STEP + 91)
ALSO = (NOW + 40, NOW + 4 * STEP + 100)
COUNTERS = ("cpu_seconds_total", 'other_seconds_total{mode="idle"}')
CPU = Resource("cpu", "cpu", counters=COUNTERS)


class Answering(Client):
    """Gives what it is told, and notes the queries."""

    def __init__(self, *answers: float | PromqlError) -> None:
        super().__init__(Backend())
        self.answers, self.asked = list(answers), list[str]()

    def query(self, expression: str, at: int, retries: int | None = None) -> list[Track]:
        assert retries == 0, "a try that fails is not to cost a cycle's time"
        self.asked.append(expression)
        answer = self.answers.pop(0)
        if isinstance(answer, PromqlError):
            raise answer
        return [Track((), np.array([float(at)]), np.array([answer]))]


def counter(name: str, resets: tuple[int, ...], first: int, last: int) -> list[tuple[str, float, int]]:
    """Samples of a counter that begins anew at its resets, between the scrapes at odd seconds."""
    begins = (0, *resets)
    return [
        (name, 3.0 + at - max(each for each in begins if each <= at), at)
        for at in range(first + 7, last, SCRAPE)
    ]


@pytest.fixture(scope="module")
def told() -> list[tuple[str, float, int]]:
    first, last = NOW - HOUR, NOW + 3 * HOUR
    return [
        *counter('cpu_seconds_total{domain="a"}', RESETS, first, last),
        *counter('cpu_seconds_total{domain="b"}', (), first, last),
        *counter('other_seconds_total{mode="idle"}', ALSO, first, last),
        *counter('other_seconds_total{mode="user"}', ALSO, first, last),
    ]


@pytest.fixture(scope="module", params=["prometheus", "victoria_metrics"])
def url(request: pytest.FixtureRequest, told: list[tuple[str, float, int]]) -> str:
    if request.param == "prometheus":
        start = request.getfixturevalue("prometheus_with")
        lines = [f"{series} {value} {at}" for series, value, at in told]
        return str(start("\n".join([*lines, "# EOF", ""])).url)
    program: Program = request.getfixturevalue("victoria_metrics")
    lines = [f"{series} {value} {at}000" for series, value, at in told]
    requests.post(
        f"{program.url}/api/v1/import/prometheus", data="\n".join(lines).encode(), timeout=10
    ).raise_for_status()
    requests.get(f"{program.url}/internal/force_flush", timeout=10).raise_for_status()
    return program.url


@pytest.mark.parametrize("steps", [1, 2, 5])
def test_a_real_backend_counts_each_reset_once(url: str, steps: int) -> None:
    """The union of the windows, however long they are, has every reset, and none twice."""
    client, resets = Client(Backend(url=url, retries=0)), CounterResets()
    for at in range(NOW, NOW + 11 * STEP, steps * STEP):
        resets.ask(CPU, STEP, client, at)
    client.close()
    assert resets.count == len(RESETS) + len(ALSO)


def test_a_real_backend_has_none_of_counters_that_are_not_there(url: str) -> None:
    client, resets = Client(Backend(url=url, retries=0)), CounterResets()
    resets.ask(replace(CPU, counters=("absent_total", "up")), STEP, client, NOW)
    client.close()
    assert resets.count == 0


def test_the_time_since_the_last_answer_is_asked_about_an_hour_at_most() -> None:
    client, resets = Answering(1.0, 2.0, 4.0), CounterResets()
    for at in (NOW, NOW + 2 * STEP, NOW + DAY):
        resets.ask(CPU, STEP, client, at)
    assert client.asked == [resets_query(COUNTERS, seconds) for seconds in (STEP, 2 * STEP, HOUR)]
    assert resets.count == 7


def test_an_instant_is_asked_about_once_and_none_by_a_clock_that_was_set_back() -> None:
    client, resets = Answering(1.0), CounterResets()
    for at in (NOW, NOW, NOW - DAY):
        resets.ask(CPU, STEP, client, at)
    assert (len(client.asked), resets.count) == (1, 1)


@pytest.mark.parametrize("odd", [-2.0, math.nan, math.inf, 1e308])
def test_samples_that_come_late_take_nothing_off_and_odd_answers_are_none(odd: float) -> None:
    resets = CounterResets()
    resets.ask(CPU, STEP, Answering(odd), NOW)
    assert resets.count == 0


def test_what_a_backend_that_is_down_did_not_say_is_asked_again() -> None:
    client = Answering(1.0, PromqlError(Result.UNREACHABLE, "no route"), 2.0)
    resets = CounterResets()
    for at in (NOW, NOW + STEP, NOW + 2 * STEP):
        resets.ask(CPU, STEP, client, at)
    assert client.asked[-1] == resets_query(COUNTERS, 2 * STEP)
    assert resets.count == 3


@pytest.mark.parametrize("result", [Result.TIMEOUT, Result.BAD_QUERY, Result.OVERLOADED])
def test_a_query_that_fails_is_said_once_and_rests_for_an_hour(
    result: Result, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    failure = PromqlError(result, "too many samples")
    client, resets = Answering(failure, failure, 2.0), CounterResets()
    for at in range(NOW, NOW + 2 * HOUR + 1, STEP):
        resets.ask(CPU, STEP, client, at)
    assert client.asked == [resets_query(COUNTERS, STEP)] * 3
    assert resets.count == 2
    assert [record.getMessage() for record in caplog.records] == ["resets of counters are not counted"]


def test_gauges_have_none() -> None:
    client, resets = Answering(), CounterResets()
    resets.ask(Resource("memory", "memory"), STEP, client, NOW)
    assert client.asked == []
    assert resets.count is None
    assert {each.name for each in RESOURCES if each.counters} == {"vm_cpu", "host_cpu"}


@pytest.mark.parametrize(
    "selector", ["rate(a_total[5m])", "a_total[5m]", "sum(a_total)", "a_total + b_total", ""]
)
def test_counters_are_selectors(selector: str) -> None:
    with pytest.raises(ValueError, match="counters lists selectors"):
        Resource("cpu", "cpu", counters=(selector,))


@pytest.mark.parametrize(("shard", "counted"), [("1/1", [2.0]), ("1/2", [2.0]), ("2/2", [])])
def test_they_are_published_by_one_shard(
    history: MemoryBackend, wave: Callable[..., dict[int, float]], shard: str, counted: list[float]
) -> None:
    for number in range(8):
        history.put("cpu", {"domain": f"vm-{number}"}, wave(NOW - DAY, NOW, step=STEP))
    history.facts[resets_query(COUNTERS, STEP)] = [Track((), np.array([float(NOW)]), np.array([2.0]))]
    config = Config.of(Backend(retries=0), (CPU,), step=STEP, lookback=DAY)
    loop = Loop(replace(config, shard=Shard.parse(shard)), threading.Event(), lambda: NOW + 20.0, history)
    loop.cycle(NOW)
    told = [
        each.value
        for each in samples(loop.view, NOW + 20.0, HOUR)
        if each.metric.name == "virtcast_resets_total"
    ]
    assert told == counted


def test_counting_goes_on_once_a_clock_that_was_a_day_ahead_is_right(
    history: MemoryBackend, wave: Callable[..., dict[int, float]]
) -> None:
    history.put("cpu", {"domain": "a"}, wave(NOW - DAY, NOW + DAY, step=STEP))
    history.facts[resets_query(COUNTERS, STEP)] = [Track((), np.array([float(NOW)]), np.array([2.0]))]
    config, clock = Config.of(Backend(retries=0), (CPU,), step=STEP, lookback=DAY), [NOW + DAY + 20.0]
    loop = Loop(config, threading.Event(), lambda: clock[0], history)
    loop.cycle(NOW + DAY)
    clock[0] = NOW + 20.0
    loop.cycle(NOW)
    assert loop.view.resources[0].counter_resets == 4


def test_a_cycle_succeeds_without_them(history: MemoryBackend, wave: Callable[..., dict[int, float]]) -> None:
    history.put("cpu", {"domain": "a"}, wave(NOW - DAY, NOW, step=STEP))
    history.facts[resets_query(COUNTERS, STEP)] = PromqlError(Result.TIMEOUT, "no answer within 30 s")
    config = Config.of(Backend(retries=0), (CPU,), step=STEP, lookback=DAY)
    loop = Loop(config, threading.Event(), lambda: NOW + 20.0, history)
    loop.cycle(NOW)
    assert loop.view.cycles == {"success": 1, "failure": 0}
    assert loop.view.backend_up
    assert loop.view.resources[0].counter_resets is None
