"""What runs beside the scrape: agents' schedule, descriptions, worker, outage, advice."""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

import pytest

from exporter.snapshot.description import Description
from exporter.snapshot.guest import Agent, Filesystem
from exporter.source.agent import LONGEST_PAUSE, MISSED, Schedule
from exporter.source.connection import advice
from exporter.source.descriptions import Descriptions
from exporter.source.outage import Outage
from exporter.source.worker import Worker

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


def test_a_description_is_read_once_until_it_changes() -> None:
    ordered: list[str] = []

    def order(uuid: str) -> None:
        ordered.append(uuid)
        threading.Thread(target=descriptions.put, args=(uuid, Description(title=str(len(ordered))))).start()

    descriptions = Descriptions(order)
    for _ in range(3):
        assert descriptions.get(["a"], time.monotonic() + 5)["a"].title == "1"
    descriptions.changed("a")
    descriptions.changed("unknown")
    assert ordered == ["a", "a"]


def test_a_description_that_does_not_come_does_not_hold_up_longer_than_asked() -> None:
    ordered: list[str] = []
    descriptions = Descriptions(ordered.append)
    began = time.monotonic()
    for _ in range(2):
        assert descriptions.get(["a"], began + 0.1) == {}
    assert time.monotonic() - began < 1
    assert ordered == ["a"]  # once, although it was missed twice


def test_what_has_no_description_is_not_asked_again_and_again() -> None:
    ordered: list[str] = []
    descriptions = Descriptions(ordered.append)
    descriptions.put("a", None)
    assert descriptions.get(["a"], 0) == {}
    assert ordered == []


def test_descriptions_of_domains_that_are_gone_are_forgotten() -> None:
    descriptions = Descriptions(lambda _uuid: None)
    descriptions.put("a", Description())
    descriptions.get([], 0)
    assert descriptions.get(["a"], 0) == {}


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


def test_an_outage_is_told_once_and_so_is_its_end(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    outage = Outage()
    for up, error in ((True, None), (False, ValueError("gone")), (False, ValueError("gone")), (True, None)):
        outage.report(up=up, error=error)
    assert [(record.levelname, record.message) for record in caplog.records] == [
        ("ERROR", "gone"),
        ("INFO", "libvirt answers again"),
    ]


@pytest.mark.parametrize(
    ("reason", "read_write", "told"),
    [
        ("Failed to connect socket to '/run/x': Permission denied", False, "group"),
        ("Failed to connect socket to '/run/x': Permission denied", True, "--libvirt.read-write"),
        ("Failed to connect socket to '/run/x': No such file or directory", False, "running"),
        ("Failed to connect socket to '/run/x': Connection refused", False, "start libvirtd"),
        ("authentication unavailable", False, "polkit"),
        ("no connection driver available for foo:///", False, "qemu:///system"),
        ("something\nelse", False, "check --libvirt.uri"),
    ],
)
def test_what_to_do_when_libvirt_cannot_be_opened(reason: str, read_write: bool, told: str) -> None:
    line = advice("qemu:///x", OSError(reason), read_write=read_write)
    assert told in line
    assert "\n" not in line
    assert "qemu:///x" in line
