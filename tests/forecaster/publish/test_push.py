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
        self.status = 204
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
        return Answer(response, b"")

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
        self.push = Push(BACKEND, lambda: self.views, threading.Event(), clock=lambda: NOW + 5.0)

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
