"""Repeated work: paced by its steps, patient while libvirt cannot be reached."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from exporter.source.connection import Unreachable
from exporter.source.poller import FIRST_PAUSE, LONGEST_PAUSE, Poller
from timetable import Timetable

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest


class Link:
    """A connection that cannot be opened `failures` times."""

    def __init__(self, failures: int = 0) -> None:
        self.failures = failures
        self.closed = 0

    @contextmanager
    def use(self) -> Iterator[str]:
        if self.failures:
            self.failures -= 1
            raise Unreachable("no daemon")
        yield "open"

    def close(self) -> None:
        self.closed += 1


def run(link: Link, step: Any, most: int, **others: Any) -> list[float]:
    """The pauses of a poller that makes some steps."""
    timetable = Timetable()
    poller = Poller("test", link, step, timetable, **others)
    poller.start()
    timetable.go_on(2 * most)  # a pause, then the step
    return timetable.pauses[:most]


def test_a_step_says_when_the_next_one_is_due() -> None:
    steps: list[str] = []

    def step(connection: str) -> float:
        steps.append(connection)
        return 3.0

    assert run(Link(), step, 2) == [3.0, 3.0]
    assert steps == ["open", "open"]


def test_attempts_to_reach_libvirt_become_rarer_and_begin_anew_after_success() -> None:
    link = Link(7)
    errors: list[Unreachable] = []

    def step(_connection: str) -> float:
        link.failures = 2
        return 0.0

    pauses = run(link, step, 10, unreachable=errors.append)
    assert pauses[:7] == [0.5, 1.0, 2.0, 4.0, 8.0, LONGEST_PAUSE, LONGEST_PAUSE]
    assert pauses[7:] == [0.0, FIRST_PAUSE, 2 * FIRST_PAUSE]
    assert [str(error) for error in errors] == ["no daemon"] * 9


def test_a_connection_that_breaks_in_each_step_is_not_opened_again_at_once() -> None:
    steps: list[str] = []

    def step(connection: str) -> float:
        steps.append(connection)
        if len(steps) > 10:
            poller.stop()  # or a failure would not end
        poller.wake()  # as the events of a new connection do
        raise Unreachable("broke")

    timetable = Timetable()
    poller = Poller("test", Link(), step, timetable)
    poller.start()
    timetable.go_on(3)  # a step, the end of the pause, another step
    assert timetable.pauses == [FIRST_PAUSE, 2 * FIRST_PAUSE]


def test_a_step_that_raises_is_logged_counted_and_repeated(caplog: pytest.LogCaptureFixture) -> None:
    steps: list[int] = []

    def step(_connection: str) -> float:
        steps.append(1)
        raise ValueError("broken") if len(steps) == 1 else SystemExit

    timetable = Timetable()
    Poller("test", Link(), step, timetable).start()
    timetable.go_on(4)
    assert len(steps) == 2
    assert timetable.failures() == {"test": 2}
    assert [record.message for record in caplog.records] == ["background work failed"]


def test_a_wake_cuts_the_pause_short_and_its_end_is_no_second_step() -> None:
    steps: list[str] = []

    def step(connection: str) -> float:
        steps.append(connection)
        return 60.0

    timetable = Timetable()
    poller = Poller("test", Link(), step, timetable)
    poller.start()
    timetable.go_on(1)
    poller.wake()
    cut_short = timetable.waiting.pop(0)
    timetable.go_on(1)
    assert len(steps) == 2
    cut_short()
    timetable.go_on(0)
    assert len(timetable.waiting) == 1  # the second pause only


def test_a_wake_during_a_step_is_another_step() -> None:
    steps: list[str] = []

    def step(connection: str) -> float:
        steps.append(connection)
        if len(steps) == 1:
            poller.wake()
        return 60.0

    timetable = Timetable()
    poller = Poller("test", Link(), step, timetable)
    poller.start()
    timetable.go_on(1)
    assert len(steps) == 2
    assert timetable.pauses == [60.0]


def test_a_stopped_poller_gives_the_connection_back_and_makes_no_step() -> None:
    link, steps = Link(), []

    def step(connection: str) -> float:
        steps.append(connection)
        return 60.0

    timetable = Timetable()
    poller = Poller("test", link, step, timetable)
    poller.start()
    timetable.go_on(1)
    poller.stop()
    timetable.go_on()
    assert (len(steps), link.closed, timetable.waiting) == (1, 1, [])
