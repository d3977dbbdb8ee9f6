"""When guest agents are asked: plain values, no threads."""

from __future__ import annotations

from exporter.snapshot.guest import Agent, Filesystem
from exporter.source.agents import LONGEST_PAUSE, MISSED, Schedule

ANSWER = Agent(up=True, updated=500.0, filesystems=(Filesystem("/", "ext4", 10, 5),))


def test_guests_are_asked_in_turn_and_never_twice_at_once() -> None:
    schedule = Schedule(10)
    schedule.keep({"a", "b"})
    assert {schedule.take(0), schedule.take(0)} == {"a", "b"}
    assert schedule.take(0) is None
    schedule.answered("a", ANSWER, 1)
    assert schedule.take(10.9) is None
    assert schedule.take(11) == "a"


def test_a_silent_guest_is_left_alone_for_longer_and_longer() -> None:
    schedule = Schedule(10)
    schedule.keep({"a"})
    now, pauses = 0.0, []
    for _ in range(8):
        assert schedule.take(now) == "a"
        schedule.failed("a", now)
        pause = next(seconds for seconds in range(1000) if schedule._guests["a"].due <= now + seconds)
        pauses.append(pause)
        now += pause
    assert pauses[:4] == [20, 40, 80, 160]
    assert pauses[-1] == LONGEST_PAUSE


def test_an_agent_that_connects_is_asked_at_once() -> None:
    schedule = Schedule(10)
    schedule.keep({"a"})
    schedule.take(0)
    schedule.failed("a", 0)
    assert schedule.take(1) is None
    schedule.hurry("a")
    assert schedule.take(1) == "a"


def test_figures_of_a_silent_guest_keep_their_time_and_are_dropped_in_the_end() -> None:
    schedule = Schedule(10)
    schedule.keep({"a"})
    schedule.take(0)
    schedule.answered("a", ANSWER, 0)
    schedule.failed("a", 10)
    assert schedule.read()["a"] == Agent(up=False, updated=500.0, filesystems=ANSWER.filesystems)
    schedule.failed("a", MISSED * 10)
    assert schedule.read()["a"] == Agent(up=False, updated=500.0)


def test_a_guest_that_is_gone_is_forgotten_even_while_it_is_asked() -> None:
    schedule = Schedule(10)
    schedule.keep({"a"})
    schedule.take(0)
    schedule.keep(set())
    schedule.answered("a", ANSWER, 1)
    assert schedule.read() == {}


def test_a_guest_that_never_answered_is_down_and_has_no_time() -> None:
    schedule = Schedule(10)
    schedule.keep({"a"})
    assert schedule.read() == {}
    schedule.take(0)
    schedule.failed("a", 1)
    assert schedule.read() == {"a": Agent(up=False)}
