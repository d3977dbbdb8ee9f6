"""Workers: a lost connection."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from exporter.source.background import Background
from exporter.source.worker import Worker


class BreakingLink:
    """A connection that is found broken once."""

    def __init__(self) -> None:
        self.broken = True
        self.tries = 0

    def get(self) -> Any:
        return self

    def is_broken(self, connection: Any) -> bool:
        assert connection is self
        was: bool
        was, self.broken = self.broken, False
        return was


def test_a_connection_that_broke_costs_a_second_try() -> None:
    link, outcome, done = BreakingLink(), [], threading.Event()

    def call(connection: Any) -> str:
        connection.tries += 1
        if connection.tries == 1:
            raise ConnectionError
        return "answer"

    def finished(result: Any, error: Exception | None) -> None:
        outcome.append((result, error))
        done.set()

    Worker(link, "breaking", Background()).submit(call, finished)
    assert done.wait(60)
    assert outcome == [("answer", None)]


@pytest.mark.parametrize("raised", [UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad"), SystemExit()])
def test_whatever_a_call_raises_is_told_and_the_next_one_runs(raised: BaseException) -> None:
    link, done = BreakingLink(), threading.Semaphore(0)
    link.broken = False
    outcome: list[tuple[Any, bool]] = []

    def call(_connection: Any) -> str:
        if not outcome:
            raise raised
        return "answer"

    def finished(result: Any, error: Exception | None) -> None:
        outcome.append((result, error is None))
        done.release()
        if len(outcome) == 1:
            raise ValueError("a fault of the caller's own")

    background = Background()
    worker = Worker(link, "raising", background)
    for _ in range(2):
        worker.submit(call, finished)
        assert done.acquire(timeout=60)
    assert outcome == [(None, False), ("answer", True)]
    assert background.failures() == {"raising": 1}
