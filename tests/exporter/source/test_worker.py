"""Workers: a lost connection."""

from __future__ import annotations

import threading
from typing import Any

from exporter.source.worker import Worker


class BreakingLink:
    """A connection that is found broken once."""

    opened = 0

    def __init__(self) -> None:
        self.broken = True
        self.tries = 0

    def get(self) -> Any:
        return self

    def is_broken(self) -> bool:
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

    worker = Worker(link, "breaking")
    worker.submit(call, finished)
    assert done.wait(5)
    worker.stop()
    assert outcome == [("answer", None)]
