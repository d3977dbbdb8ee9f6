"""What is read beside the statistics: never waited for twice, never begun twice, not exported when old."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from exporter.source import reader
from exporter.source.background import Background
from exporter.source.connection import Unreachable
from exporter.source.reader import PATIENCE, Reader, Timing
from fake_time import FakeCondition, FakeTime

if TYPE_CHECKING:
    from collections.abc import Iterator


BACKGROUND = Background()


class Source:
    """Counts reads, which take until `gate` is open; fails if it is told to."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.begun = threading.Semaphore(0)
        self.reads = 0
        self.failing = False

    def __call__(self) -> int:
        self.reads += 1
        self.begun.release()
        self.gate.wait()
        if self.failing:
            raise OSError("no such\n daemon")
        return self.reads


@pytest.fixture
def source(monkeypatch: pytest.MonkeyPatch) -> Iterator[Source]:
    """For tests with a real thread, which may be slow to get its turn."""
    monkeypatch.setattr(reader, "PATIENCE", 60.0)
    made = Source()
    yield made
    made.gate.set()


def read(made: Reader[int]) -> int | None:
    """A scrape that has as long as the reader's patience."""
    made.begin()
    return made.get(float("inf"))


def test_each_scrape_has_its_own_read(source: Source) -> None:
    made = Reader("x", source, Timing(0, 5), Background())
    before = time.time()
    assert [read(made), read(made)] == [1, 2]
    assert made.updated is not None
    assert before <= made.updated <= time.time()
    made.stop()


def test_a_young_value_is_not_read_again_until_it_expires(source: Source) -> None:
    made = Reader("x", source, Timing(60, 60), Background())
    assert [read(made), read(made)] == [1, 1]
    made.expire()
    assert [read(made), read(made)] == [2, 2]
    made.stop()


def test_what_expires_while_it_is_read_is_read_again(source: Source) -> None:
    made = Reader("x", source, Timing(60, 60), Background())
    source.gate.clear()
    made.begin()
    source.begun.acquire()
    assert made.get(0) is None
    made.expire()
    source.gate.set()
    assert made.get(float("inf")) == 1
    assert read(made) == 2
    made.stop()


class NoThreads(Background):
    """Starts nothing."""

    def run(self, name: str, work: object) -> None:
        pass


class Threadless(Reader[int]):
    """A reader whose reads are begun and ended by the test, in a time set by hand."""

    def __init__(self, timing: Timing) -> None:
        self.time = FakeTime()
        self.condition = FakeCondition(self.time)
        super().__init__("x", lambda: 0, timing, NoThreads(), changed=self.condition, clock=self.time)

    def end(self, value: int) -> None:
        """The read that was wanted has ended."""
        self._wanted = False
        self._note(value, None)


def test_a_stuck_read_costs_one_scrape_its_patience_and_the_next_ones_nothing() -> None:
    made = Threadless(Timing(0, 60))
    made.time.after(0.1, lambda: made.end(1))
    assert read(made) == 1
    began = made.time.now
    assert [read(made) for _ in range(5)] == [1] * 5  # the last value, which is young enough
    assert made.time.now == began + PATIENCE
    made.end(2)
    made.time.after(0.1, lambda: made.end(3))
    assert read(made) == 3


def test_no_scrape_waits_longer_than_it_may() -> None:
    made = Threadless(Timing(0, 60))
    made.begin()
    assert made.get(made.time.now + 0.2) is None
    assert made.condition.waits == [pytest.approx(0.2)]


def test_an_old_value_is_not_exported() -> None:
    made = Threadless(Timing(100, 60))
    made.begin()
    made.end(1)
    for age, value in ((60, 1), (61, None)):
        made.time.now = 1000.0 + age
        assert made.get(float("inf")) == value


def test_failures_are_counted_and_tried_again_when_it_is_due(source: Source) -> None:
    source.failing = True
    rare, often = (
        Reader("x", source, Timing(60, 60), BACKGROUND),
        Reader("y", source, Timing(0, 60), BACKGROUND),
    )
    assert [read(rare), read(rare), rare.failures, rare.updated] == [None, None, 1, None]
    assert [read(often), read(often), often.failures] == [None, None, 2]
    source.failing = False
    assert read(often) == 4
    assert often.failures == 2
    for made in (rare, often):
        made.stop()


def test_without_libvirt_each_scrape_tries_again_so_that_all_is_back_with_it(source: Source) -> None:
    def read_libvirt() -> int:
        if source.failing:
            raise Unreachable("no daemon")
        return source()

    source.failing = True
    made = Reader("x", read_libvirt, Timing(60, 60), Background())
    assert [read(made), read(made), made.failures] == [None, None, 2]
    source.failing = False
    assert [read(made), read(made)] == [1, 1]
    made.stop()


def test_a_stopped_one_reads_no_more(source: Source) -> None:
    made = Reader("x", source, Timing(0, 60), BACKGROUND)
    assert read(made) == 1
    made.stop()
    assert read(made) == 1
    assert source.reads == 1


def test_whatever_a_read_raises_costs_this_reading_only() -> None:
    def read_names() -> int:
        b"\xff".decode()
        raise SystemExit

    made = Reader("x", read_names, Timing(0, 60), BACKGROUND)
    assert [read(made), read(made), made.failures] == [None, None, 2]
