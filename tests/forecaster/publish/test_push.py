"""Pushes of fast scores: what is sent, what is not sent twice, and what a receiver that is away costs."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any

import pytest
import requests

from forecaster.config.model import Backend
from forecaster.config.resource import Resource
from forecaster.promql import remote_write
from forecaster.promql.results import PromqlError, Result
from forecaster.promql.transport import Answer, Transport
from forecaster.publish import push as module
from forecaster.publish.push import Push
from forecaster.view.fast import FastView

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forecaster.promql.remote_write import Written
    from forecaster.series.labels import Labels

NOW = 1_800_000_000
RESOURCE = Resource("vm_cpu", "q", fast=2)
BACKEND = Backend(remote_write_url="http://b.test/api/v1/write")


class Receiver:
    """Takes what is sent, as samples; refuses with a status, or does not answer (0)."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.status, self.says, self.headers = 204, b"", dict[str, str]()
        self.got: list[list[Written]] = []
        monkeypatch.setattr(module, "body", list)
        monkeypatch.setattr(Transport, "send", lambda _transport, *sent: self._take(*sent))

    def _take(self, url: str, sent: Any, headers: Mapping[str, str]) -> Answer:
        assert (url, headers) == (BACKEND.remote_write_url, remote_write.HEADERS)
        if not self.status:
            raise PromqlError(Result.UNREACHABLE, "nobody there")
        self.got.append(sent)
        response = requests.Response()
        response.status_code = self.status
        response.headers.update(self.headers)
        return Answer(response, self.says)

    def scores(self) -> list[tuple[str, int, float | None]]:
        """The scores of the last write: VM, seconds, value."""
        return sorted(
            (each.labels["domain"], each.at // 1000, each.value)
            for each in self.got[-1]
            if each.labels["__name__"] == "virtcast_fast_anomaly_score"
        )


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Receiver:
    return Receiver(monkeypatch)


class Lane:
    """The scores of the fast lane now."""

    def __init__(self) -> None:
        self.views: dict[str, FastView] = {}
        self.now = NOW + 5.0
        self.push = Push(BACKEND, lambda: self.views, threading.Event(), clock=lambda: self.now)

    def judged(self, at: int, **scores: float) -> None:
        rows: dict[Labels, float] = {(("domain", name),): score for name, score in scores.items()}
        self.views = {"vm_cpu": FastView(RESOURCE, NOW + at, rows)}
        self.push.send()


def test_scores_are_sent_once_and_their_end_too(receiver: Receiver) -> None:
    lane = Lane()
    lane.judged(0, web=1.5, db=0.2)
    assert receiver.scores() == [("web", NOW, 1.5)]
    lane.push.send()
    assert len(receiver.got) == 1, "nothing is newer"
    lane.judged(2, web=0.3, db=2.0)
    assert receiver.scores() == [("db", NOW + 2, 2.0), ("web", NOW + 2, None)]
    lane.judged(4, db=1.0)
    assert receiver.scores() == [("db", NOW + 4, 1.0)], "an end is told once"


@pytest.mark.parametrize("status", [0, 500])
def test_an_end_that_was_not_sent_is_sent_again_and_a_failure_is_said_once(
    receiver: Receiver, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    lane = Lane()
    lane.judged(0, web=1.5)
    receiver.status = status
    lane.judged(2, web=0.1)
    lane.judged(3, web=0.1)
    receiver.status = 204
    lane.judged(4, web=0.1)
    assert receiver.scores() == [("web", NOW + 4, None)]
    assert lane.push.counts == {"success": 2, "failure": 2}
    assert [record.getMessage() for record in caplog.records] == ["scores cannot be pushed"]


def test_without_an_address_nothing_is_sent(receiver: Receiver) -> None:
    lane = Lane()
    lane.push.use(Backend())
    lane.judged(0, web=1.5)
    assert (receiver.got, lane.push.counts) == ([], {"success": 0, "failure": 0})


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (
            (404, b"remote write receiver needs to be\nenabled", {}),
            "answered 404: remote write receiver needs to be enabled",
        ),
        ((500, b"", {}), "answered 500: check prometheus.remote_write"),
        (
            (302, b"", {"Location": "https://a:b@c.test/in?t=1"}),
            "redirects to https://c.test/in: set prometheus",
        ),
        ((200, b" <html>log in", {}), "answers with a web page: check prometheus.remote_write"),
    ],
)
def test_what_takes_nothing_is_a_failure_and_its_reason_is_said(
    receiver: Receiver,
    answer: tuple[int, bytes, dict[str, str]],
    told: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    receiver.status, receiver.says, receiver.headers = answer
    lane = Lane()
    lane.judged(0, web=1.5)
    assert lane.push.counts == {"success": 0, "failure": 1}
    assert told in vars(caplog.records[0])["err"]


def test_scores_that_nobody_judges_any_more_end(receiver: Receiver) -> None:
    lane = Lane()
    lane.judged(0, web=1.5)
    lane.now = NOW + 6.0
    lane.push.send()
    assert len(receiver.got) == 1, "three turns are not over"
    lane.now = NOW + 7.5
    lane.push.send()
    lane.push.send()
    assert receiver.scores() == [("web", NOW + 7, None)]
    assert len(receiver.got) == 2
    lane.judged(9, web=1.5)
    assert receiver.scores() == [("web", NOW + 9, 1.5)]


@pytest.mark.parametrize("status", [204, 500])
def test_scores_of_a_resource_that_left_the_fast_lane_end(receiver: Receiver, status: int) -> None:
    lane = Lane()
    lane.judged(0, web=1.5)
    lane.views, receiver.status = {}, status
    for _ in range(3):
        lane.push.send()
    assert (receiver.scores(), len(receiver.got)) == ([("web", NOW + 5, None)], 2)
    receiver.status, lane.now = 204, NOW + 8.0
    lane.push.send()
    assert (receiver.got[-1][-1].value, len(receiver.got)) == (None, 2 if status == 204 else 3)


def test_scores_by_a_clock_that_was_set_back_are_sent(receiver: Receiver) -> None:
    lane = Lane()
    lane.judged(3600, web=1.5)
    lane.judged(2, web=1.6)
    assert receiver.scores() == [("web", NOW + 2, 1.6)]
