"""The threads that all sources share: as many as there is work, and none that ends because of its work."""

from __future__ import annotations

import threading
import time
from functools import partial
from typing import TYPE_CHECKING

from exporter.source.background import Background
from exporter.source.threads import Threads

if TYPE_CHECKING:
    import pytest

LONG = 60.0  # seconds: a test fails if something does not happen by then


def test_work_that_is_stuck_delays_no_other() -> None:
    threads, gate, done = Threads(), threading.Event(), threading.Semaphore(0)
    for _ in range(20):
        threads.run(gate.wait)
    threads.run(done.release)
    assert done.acquire(timeout=LONG)
    gate.set()


def test_a_thread_is_used_again_and_ends_when_there_is_no_work() -> None:
    threads, seen, done = Threads(idle=0.05), [], threading.Semaphore(0)

    def work() -> None:
        seen.append(threading.current_thread())
        done.release()

    slow = Threads(idle=LONG)
    for _ in range(3):
        slow.run(work)
        assert done.acquire(timeout=LONG)
        while not slow._idle:  # it has not come back for more yet
            time.sleep(0.001)
    assert len(set(seen)) == 1
    threads.run(work)
    assert done.acquire(timeout=LONG)
    seen[-1].join(LONG)
    assert not seen[-1].is_alive()


def test_work_that_raises_is_counted_and_its_thread_goes_on() -> None:
    threads, done = Threads(idle=LONG), threading.Semaphore(0)
    background, seen = Background(threads), []

    def raising(error: BaseException) -> None:
        seen.append(threading.current_thread())
        done.release()
        raise error

    for error in (ValueError("x"), SystemExit(), KeyboardInterrupt()):
        background.run("raising", partial(raising, error))
        assert done.acquire(timeout=LONG)
        while not threads._idle:
            time.sleep(0.001)
    assert len(set(seen)) == 1
    assert seen[0].is_alive()
    assert background.failures() == {"raising": 3}


def test_a_thread_outlives_work_that_nobody_guards() -> None:
    threads, done = Threads(idle=LONG), threading.Semaphore(0)

    def raising() -> None:
        done.release()
        raise SystemExit

    threads.run(raising)
    assert done.acquire(timeout=LONG)
    limit = time.monotonic() + LONG
    while not threads._idle:
        assert time.monotonic() < limit, "the thread ended"
        time.sleep(0.001)


def test_what_is_due_first_comes_first() -> None:
    threads, done = Threads(), threading.Semaphore(0)
    order: list[float] = []

    def note(seconds: float) -> None:
        order.append(seconds)
        done.release()

    for seconds in (0.2, 0.1):
        threads.later(seconds, partial(note, seconds))
    assert done.acquire(timeout=LONG)
    assert done.acquire(timeout=LONG)
    assert order == [0.1, 0.2]


def test_without_another_thread_work_waits_for_one_that_is_free(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    threads, gate, done = Threads(), threading.Event(), threading.Semaphore(0)
    threads.run(gate.wait)

    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        threads.run(done.release)
    assert not done.acquire(timeout=0.05)
    gate.set()
    assert done.acquire(timeout=LONG)
    (told,) = caplog.records
    assert "TasksMax" in told.__dict__["advice"]


def test_what_is_put_off_without_a_thread_happens_once_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    threads, done = Threads(), threading.Semaphore(0)

    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        threads.later(0.0, done.release)
    threads.later(0.0, done.release)
    assert done.acquire(timeout=LONG)
    assert done.acquire(timeout=LONG)
