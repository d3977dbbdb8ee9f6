"""Background threads: paced by their steps, patient while libvirt cannot be reached."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from exporter.source.connection import Unreachable
from exporter.source.poller import FIRST_PAUSE, LONGEST_PAUSE, Poller

if TYPE_CHECKING:
    import pytest


class Link:
    """A connection that cannot be opened `failures` times."""

    def __init__(self, failures: int = 0) -> None:
        self.failures = failures
        self.closed = 0

    def get(self) -> str:
        if self.failures:
            self.failures -= 1
            raise Unreachable("no daemon")
        return "open"

    def close(self) -> None:
        self.closed += 1


class Pauses(threading.Event):
    """Notes the pauses instead of waiting; stops after `most`."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most
        self.seen: list[float | None] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.seen.append(timeout)
        return len(self.seen) > self.most


def run(link: Link, step: Any, most: int, **others: Any) -> list[float | None]:
    poller = Poller("test", link, step, **others)
    poller._stopping = pauses = Pauses(most)
    poller.run()
    return pauses.seen[: most + 1]


def test_a_step_says_when_the_next_one_is_due() -> None:
    steps: list[str] = []
    link = Link()

    def step(connection: str) -> float:
        steps.append(connection)
        return 3.0

    assert run(link, step, 2) == [0.0, 3.0, 3.0]
    assert steps == ["open", "open"]
    assert link.closed == 1


def test_attempts_to_reach_libvirt_become_rarer_and_begin_anew_after_success() -> None:
    link = Link(7)
    errors: list[Unreachable] = []

    def step(_connection: str) -> float:
        link.failures = 2
        return 0.0

    pauses = run(link, step, 10, unreachable=errors.append)
    assert pauses[1:8] == [0.5, 1.0, 2.0, 4.0, 8.0, LONGEST_PAUSE, LONGEST_PAUSE]
    assert pauses[8:] == [0.0, FIRST_PAUSE, 2 * FIRST_PAUSE]
    assert [str(error) for error in errors] == ["no daemon"] * 9


def test_a_step_that_raises_is_logged_and_repeated(caplog: pytest.LogCaptureFixture) -> None:
    steps: list[int] = []

    def step(_connection: str) -> float:
        steps.append(1)
        if len(steps) == 1:
            raise ValueError("broken")
        return 0.0

    run(Link(), step, 2)
    assert len(steps) == 2
    assert [record.message for record in caplog.records] == ["a background task failed"]


def test_a_stopped_poller_ends_its_thread_and_gives_the_connection_back() -> None:
    link, stepped = Link(), threading.Event()

    def step(_connection: str) -> float:
        stepped.set()
        return 60.0

    poller = Poller("stopped", link, step)
    poller.start()
    assert stepped.wait(10)
    (thread,) = (one for one in threading.enumerate() if one.name == "stopped")
    poller.stop()
    thread.join(10)
    assert not thread.is_alive()
    assert link.closed == 1
