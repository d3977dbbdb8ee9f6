"""When guest agents are asked: plain values, no threads."""

from __future__ import annotations

from exporter.snapshot.guest import Agent, Filesystem
from exporter.source.agent_schedule import CONCURRENCY, LONGEST_PAUSE, MISSED, MOST_CALLS, PATIENCE, Schedule

ANSWER = Agent(up=True, updated=500.0, filesystems=(Filesystem("/", "ext4", 10, 5),))


def schedule_of(*uuids: str, interval: float = 10.0) -> Schedule:
    made = Schedule(interval)
    made.keep(uuids)
    return made


def test_guests_are_asked_in_turn_and_never_twice_at_once() -> None:
    schedule = schedule_of("a", "b")
    assert {schedule.take(0), schedule.take(0)} == {"a", "b"}
    assert schedule.take(0) is None
    schedule.ended("a", ANSWER, 1)
    assert schedule.take(10.9) is None
    assert schedule.take(11) == "a"


def test_a_silent_guest_is_left_alone_for_longer_and_longer() -> None:
    schedule, now, pauses = schedule_of("a"), 0.0, []
    for _ in range(8):
        assert schedule.take(now) == "a"
        schedule.ended("a", None, now)
        pause = next(seconds for seconds in range(1000) if schedule._guests["a"].due <= now + seconds)
        pauses.append(pause)
        now += pause
    assert pauses[:4] == [20, 40, 80, 160]
    assert pauses[-1] == LONGEST_PAUSE


def test_a_guest_may_be_silent_for_years() -> None:
    schedule, now = schedule_of("a"), 0.0
    for _ in range(2000):
        now += LONGEST_PAUSE
        assert schedule.take(now) == "a"
        schedule.ended("a", None, now)
    assert schedule.read(now) == {"a": Agent(up=False)}


def test_an_agent_that_connects_is_asked_at_once_and_is_down_until_it_answers() -> None:
    schedule = schedule_of("a")
    schedule.take(0)
    schedule.ended("a", None, 0)
    assert schedule.take(1) is None
    schedule.hurry("a")
    assert schedule.take(1) == "a"
    assert schedule.read(1) == {"a": Agent(up=False)}


def test_figures_of_a_silent_guest_keep_their_time_and_are_dropped_in_the_end() -> None:
    schedule = schedule_of("a")
    schedule.take(0)
    schedule.ended("a", ANSWER, 0)
    assert schedule.read(5) == {"a": ANSWER}
    schedule.ended("a", None, 10)
    assert schedule.read(10) == {"a": Agent(up=False, updated=500.0, filesystems=ANSWER.filesystems)}
    assert schedule.read(MISSED * 10) == {"a": Agent(up=False, updated=500.0)}


def test_figures_of_a_guest_that_nobody_asks_any_more_are_not_fresh_for_ever() -> None:
    schedule = schedule_of("a")
    schedule.ended("a", ANSWER, 0)
    assert schedule.read(MISSED * 10) == {"a": Agent(up=False, updated=500.0)}


def test_a_guest_that_is_gone_is_forgotten_even_while_it_is_asked() -> None:
    schedule = schedule_of("a")
    schedule.take(0)
    schedule.keep(())
    schedule.ended("a", ANSWER, 1)
    assert schedule.read(1) == {}


def test_a_guest_that_never_answered_is_down_and_has_no_time() -> None:
    schedule = schedule_of("a")
    assert schedule.read(0) == {}
    schedule.take(0)
    schedule.ended("a", None, 1)
    assert schedule.read(1) == {"a": Agent(up=False)}


def test_a_guest_that_hangs_is_down_and_others_are_asked_beside_it() -> None:
    schedule = schedule_of(*(f"hostile-{n}" for n in range(CONCURRENCY)))
    asked = {schedule.take(0) for _ in range(CONCURRENCY)}
    schedule.keep({*asked, "good"})  # type: ignore[arg-type]  # none of them is None
    assert schedule.take(PATIENCE - 1) is None
    assert schedule.hung(PATIENCE - 1) == 0
    assert schedule.take(PATIENCE) == "good"
    assert schedule.hung(PATIENCE) == CONCURRENCY
    shown = schedule.read(PATIENCE)
    assert [agent.up for agent in shown.values()] == [False] * CONCURRENCY


def test_a_guest_that_hangs_is_not_asked_again_though_its_domain_was_gone_meanwhile() -> None:
    schedule = schedule_of("a")
    schedule.take(0)
    schedule.keep(())
    schedule.keep({"a"})
    assert schedule.take(PATIENCE) is None
    schedule.ended("a", None, PATIENCE)
    assert schedule.take(PATIENCE + LONGEST_PAUSE) == "a"


def test_guests_that_hang_hold_no_more_calls_than_libvirtd_can_spare() -> None:
    schedule = schedule_of(*(f"hostile-{n}" for n in range(50)))
    for round_ in range(10):
        while schedule.take(round_ * PATIENCE) is not None:
            pass
    assert schedule.hung(10 * PATIENCE) == MOST_CALLS


def test_while_statistics_hold_workers_fewer_questions_are_in_progress() -> None:
    schedule = schedule_of("a", "b")
    assert schedule.take(0, most=1) is not None
    assert schedule.take(0, most=1) is None
    assert schedule.take(0, most=2) is not None
