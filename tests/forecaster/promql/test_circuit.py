"""The circuit breaker: when it opens, what it costs, and how it closes."""

from __future__ import annotations

import pytest
import responses

from fake_time import FakeTime
from forecaster.config.model import Backend
from forecaster.promql import circuit
from forecaster.promql.circuit import FAILURES, PAUSE_SECONDS, Circuit
from forecaster.promql.client import Client
from forecaster.promql.results import PromqlError, Result


@pytest.fixture
def clock() -> FakeTime:
    return FakeTime()


def opened(clock: FakeTime) -> Circuit:
    made = Circuit(clock)
    for _ in range(FAILURES):
        made.check()
        made.unanswered("b.test does not answer")
    return made


def test_it_opens_after_some_queries_in_a_row(clock: FakeTime) -> None:
    made = Circuit(clock)
    for _ in range(FAILURES - 1):
        made.unanswered("no")
    made.answered()
    for _ in range(FAILURES - 1):
        made.unanswered("no")
    assert (made.is_open, made.openings) == (False, 0)
    made.unanswered("no")
    assert (made.is_open, made.openings) == (True, 1)


def test_while_it_is_open_nothing_is_sent_and_the_reason_is_told(clock: FakeTime) -> None:
    made = opened(clock)
    with pytest.raises(PromqlError, match=r"b\.test does not answer \(tried again in 5 s\)") as raised:
        made.check()
    assert (raised.value.result, made.refused) == (Result.UNREACHABLE, 1)


def test_after_a_pause_it_is_tried_and_a_failure_opens_it_again(clock: FakeTime) -> None:
    made = opened(clock)
    clock.now += PAUSE_SECONDS
    made.check()
    assert made.is_open
    made.unanswered("still not")
    with pytest.raises(PromqlError, match="still not"):
        made.check()
    clock.now += PAUSE_SECONDS
    made.check()
    made.answered()
    assert (made.is_open, made.openings) == (False, 1)
    made.check()


def test_a_client_asks_a_dead_backend_less_and_less(
    silent_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With retries the first time, with one request then, with none when the circuit is open."""
    monkeypatch.setattr(circuit, "PAUSE_SECONDS", 3600.0)
    client = Client(Backend(url=f"http://127.0.0.1:{silent_port}", retries=1), wait=lambda _: False)
    sent = []
    for _ in range(FAILURES + 2):
        with pytest.raises(PromqlError):
            client.query("up", 0)
        sent.append(client.statistics.requests[Result.UNREACHABLE])
    assert sent == [2, 3, 4, 4, 4]
    monkeypatch.setattr(circuit, "PAUSE_SECONDS", 0.0)
    with pytest.raises(PromqlError):
        client.query("up", 0)
    assert client.statistics.requests[Result.UNREACHABLE] == 5
    assert (client.circuit.openings, client.circuit.refused) == (1, 2)


@responses.activate
def test_a_backend_that_is_out_of_order_is_left_alone_like_a_dead_one() -> None:
    responses.post("http://out/api/v1/query", status=503)
    client = Client(Backend(url="http://out", retries=2), wait=lambda _: False)
    for _ in range(FAILURES + 1):
        with pytest.raises(PromqlError):
            client.query("up", 0)
    assert len(responses.calls) == 3 + FAILURES - 1
    assert client.circuit.is_open


@responses.activate
def test_what_a_backend_refuses_of_many_series_opens_nothing() -> None:
    """Parts of a query are tried without retries: some are refused, and others answered."""
    responses.post("http://many/api/v1/query", status=503)
    client = Client(Backend(url="http://many", retries=2), wait=lambda _: False)
    for _ in range(FAILURES + 1):
        with pytest.raises(PromqlError):
            client.query("up", 0, retries=0)
    assert len(responses.calls) == FAILURES + 1
    assert not client.circuit.is_open
