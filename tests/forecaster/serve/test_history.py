"""Less history than wanted: said once in the log, and shown as long as it is so."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from forecaster.promql.results import PromqlError, Result
from forecaster.serve.history import History, shortage

if TYPE_CHECKING:
    import pytest

    from backends import MemoryBackend

DAY = 86_400


def test_what_is_missing_is_told_with_both_ways_to_mend_it() -> None:
    assert shortage(15 * DAY, 28 * DAY) == (
        "the backend keeps 15d and lookback is 28d: keep more there "
        "(Prometheus: --storage.tsdb.retention.time=28d), or set lookback: 15d"
    )
    assert shortage(28 * DAY, 28 * DAY) == shortage(None, 28 * DAY) == ""


def test_it_is_said_once(history: MemoryBackend, caplog: pytest.LogCaptureFixture) -> None:
    history.kept = 15 * DAY
    asked = History(28 * DAY)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            asked.ask(history)
    assert asked.note.startswith("the backend keeps 15d")
    assert [record.message for record in caplog.records] == ["less history than wanted"]


def test_enough_is_not_said(history: MemoryBackend, caplog: pytest.LogCaptureFixture) -> None:
    history.kept = 30 * DAY
    asked = History(28 * DAY)
    asked.ask(history)
    assert (asked.note, caplog.records) == ("", [])


def test_a_backend_that_does_not_answer_is_asked_again(
    history: MemoryBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter((PromqlError(Result.TIMEOUT, "late"), 15 * DAY))

    def retention() -> int:
        told = next(answers)
        if isinstance(told, PromqlError):
            raise told
        return told

    monkeypatch.setattr(history, "retention", retention)
    asked = History(28 * DAY)
    asked.ask(history)
    assert asked.note == ""
    asked.ask(history)
    assert asked.note
