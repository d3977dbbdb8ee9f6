"""Questions to domains: one lane while all answer, few beside those that hang."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from exporter.source.connection import Unreachable
from exporter.source.lanes import MOST, PATIENCE, Lanes
from exporter.source.shared_links import CALLS
from timetable import Timetable

if TYPE_CHECKING:
    from collections.abc import Iterator


class Domain:
    def __init__(self, uuid: str) -> None:
        self.uuid = uuid

    def UUIDString(self) -> str:  # noqa: N802 (libvirt's name)
        return self.uuid


class Links:
    """A connection with the domains a to f."""

    def __init__(self) -> None:
        self.error: Exception | None = None

    @contextmanager
    def use(self) -> Iterator[Links]:
        if self.error is not None:
            raise self.error
        yield self

    def listAllDomains(self) -> list[Domain]:  # noqa: N802 (libvirt's name)
        return [Domain(uuid) for uuid in "abcdef"]


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Asked:
    """Notes who was asked; the domains in `hang` answer when the gate is opened."""

    def __init__(self, hang: str = "") -> None:
        self.hang = hang
        self.gate = threading.Event()
        self.begun = threading.Semaphore(0)
        self.seen: list[tuple[bool, str, int]] = []

    def __call__(self, domain: Domain | None, uuid: str, question: int) -> None:
        if uuid in self.hang:
            self.begun.release()
            self.gate.wait()
        self.seen.append((domain is not None, uuid, question))


def lanes(asked: Any, background: Timetable, **others: Any) -> Lanes[int]:
    links: Any = others.pop("links", Links())
    return Lanes("test", links, asked, background, **others)


def test_domains_are_asked_one_after_the_other_in_one_lane() -> None:
    background, asked = Timetable(), Asked()
    one = lanes(asked, background)
    one.put({"a": 1, "b": 2})
    one.put({"c": 3, "gone": 4})
    assert len(background.waiting) == 1
    background.go_on()
    assert asked.seen == [(True, "a", 1), (True, "b", 2), (True, "c", 3), (False, "gone", 4)]
    one.put({"a": 5})
    background.go_on()
    assert asked.seen[-1] == (True, "a", 5)


def test_beside_one_that_hangs_another_lane_goes_on_and_it_is_not_asked_twice() -> None:
    background, asked, clock = Timetable(), Asked("a"), Clock()
    one = lanes(asked, background, clock=clock)
    one.put({"a": 1, "b": 2})
    hung = threading.Thread(target=background.waiting.pop())
    hung.start()
    assert asked.begun.acquire(timeout=60)
    one.put({"a": 3, "c": 4})
    assert background.waiting == []  # it may still answer
    clock.now += PATIENCE
    one.put({"a": 3})
    background.go_on()
    assert asked.seen == [(True, "b", 2), (True, "c", 4)]
    asked.gate.set()
    hung.join(60)
    assert asked.seen[2:] == [(True, "a", 1)]


def begun(one: Lanes[int], background: Timetable, asked: Asked, clock: Clock) -> list[threading.Thread]:
    """The lanes that begin while every domain hangs."""
    threads = []
    for uuid in "abcdef":
        one.put({uuid: 0})
        for work in background.waiting:
            threads.append(threading.Thread(target=work))
            threads[-1].start()
            assert asked.begun.acquire(timeout=60)
        background.waiting.clear()
        clock.now += PATIENCE
    return threads


def test_who_takes_a_connection_beside_them_finds_room() -> None:
    assert MOST < CALLS


def test_few_lanes_hang_and_fewer_where_libvirtd_has_no_room() -> None:
    for room, most in ((100, MOST), (2, 2), (0, 1), (-3, 1)):
        background, asked, clock = Timetable(), Asked("abcdef"), Clock()
        one = lanes(asked, background, clock=clock, room=lambda room=room: room)
        threads = begun(one, background, asked, clock)
        assert len(threads) == most
        asked.gate.set()
        for thread in threads:
            thread.join(60)
        assert sorted(uuid for _, uuid, _ in asked.seen) == list("abcdef")


def test_what_cannot_be_asked_is_dropped_and_told() -> None:
    told: list[Unreachable] = []
    background, links, asked = Timetable(), Links(), Asked()
    links.error = Unreachable("no daemon")
    one = lanes(asked, background, links=links, unreachable=told.append)
    one.put({"a": 1, "b": 2})
    background.go_on()
    assert (asked.seen, told, background.failures()) == ([], [links.error], {})
    links.error = None
    one.put({"c": 3})
    background.go_on()
    assert asked.seen == [(True, "c", 3)]


def test_a_question_that_raises_is_counted_and_the_others_are_asked() -> None:
    def ask(_domain: object, uuid: str, _question: int) -> None:
        seen.append(uuid)
        if uuid == "a":
            raise ValueError(uuid)

    seen: list[str] = []
    background = Timetable()
    one = lanes(ask, background)
    one.put({"a": 1, "b": 2})
    background.go_on()
    assert (seen, background.failures()) == (["a", "b"], {"test": 1})
    one.put({"a": 1})
    background.go_on()
    assert seen == ["a", "b", "a"]
