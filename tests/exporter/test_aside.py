"""What is read beside the statistics: never waited for twice, never begun twice, not shown when old."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from exporter.source.aside import PATIENCE, Aside, Timing
from exporter.source.connection import Unreachable

if TYPE_CHECKING:
    from collections.abc import Iterator


class Source:
    """Counts readings, which take until `gate` is open; fails where it is told to."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.readings = 0
        self.failing = False

    def __call__(self) -> int:
        self.readings += 1
        self.gate.wait()
        if self.failing:
            raise OSError("no such\n daemon")
        return self.readings


@pytest.fixture
def source() -> Iterator[Source]:
    made = Source()
    yield made
    made.gate.set()


def read(aside: Aside[int], seconds: float = 5.0) -> int | None:
    aside.begin()
    return aside.get(time.monotonic() + seconds)


def test_each_scrape_has_its_own_reading(source: Source) -> None:
    aside = Aside("x", source, Timing(0, 5))
    assert [read(aside), read(aside)] == [1, 2]
    assert aside.updated == pytest.approx(time.time(), abs=2)
    aside.stop()


def test_a_young_reading_is_not_read_again_until_it_expires(source: Source) -> None:
    aside = Aside("x", source, Timing(60, 60))
    assert [read(aside), read(aside)] == [1, 1]
    aside.expire()
    assert [read(aside), read(aside)] == [2, 2]
    aside.stop()


def test_what_expires_while_it_is_read_is_read_again(source: Source) -> None:
    aside = Aside("x", source, Timing(60, 60))
    source.gate.clear()
    assert read(aside, 0.05) is None
    aside.expire()
    source.gate.set()
    assert aside.get(time.monotonic() + 5) == 1
    assert read(aside) == 2
    aside.stop()


def test_a_reading_that_hangs_costs_one_scrape_its_patience_and_the_next_ones_nothing(source: Source) -> None:
    aside = Aside("x", source, Timing(0, 60))
    assert read(aside) == 1
    source.gate.clear()
    began = time.monotonic()
    assert read(aside) == 1  # the last one, which is young enough
    assert PATIENCE * 0.9 <= time.monotonic() - began < PATIENCE + 0.4
    began = time.monotonic()
    assert [read(aside) for _ in range(20)] == [1] * 20
    assert time.monotonic() - began < 0.2
    assert source.readings == 2
    source.gate.set()
    assert aside.get(time.monotonic() + 5) in {1, 2}
    aside.stop()


def test_an_old_reading_is_not_shown(source: Source) -> None:
    aside = Aside("x", source, Timing(0, 0.1))
    assert read(aside) == 1
    source.gate.clear()
    time.sleep(0.12)
    assert read(aside, 0.01) is None
    aside.stop()


def test_failures_are_counted_and_tried_again_when_it_is_due(source: Source) -> None:
    source.failing = True
    rare, often = Aside("x", source, Timing(60, 60)), Aside("y", source, Timing(0, 60))
    assert [read(rare), read(rare), rare.failures, rare.updated] == [None, None, 1, None]
    assert [read(often), read(often), often.failures] == [None, None, 2]
    source.failing = False
    assert read(often) == 4
    assert often.failures == 2
    for aside in (rare, often):
        aside.stop()


def test_without_libvirt_each_scrape_tries_again_so_that_all_is_back_with_it(source: Source) -> None:
    def read_libvirt() -> int:
        if source.failing:
            raise Unreachable("no daemon")
        return source()

    source.failing = True
    aside = Aside("x", read_libvirt, Timing(60, 60))
    assert [read(aside), read(aside), aside.failures] == [None, None, 2]
    source.failing = False
    assert [read(aside), read(aside)] == [1, 1]
    aside.stop()


def test_a_stopped_one_reads_no_more_and_leaves_no_thread(source: Source) -> None:
    closed: list[str] = []
    aside = Aside("stopped", source, Timing(0, 60), lambda: closed.append(threading.current_thread().name))
    read(aside)
    assert closed == []
    aside.stop()
    assert read(aside) == 1
    limit = time.monotonic() + 5
    while any(one.name == "read-stopped" for one in threading.enumerate()) and time.monotonic() < limit:
        time.sleep(0.01)
    assert not any(one.name == "read-stopped" for one in threading.enumerate())
    assert closed == ["read-stopped"]
