"""Connections whose daemon is silent: given up in time, a few at once, and closed if they come late."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

import libvirt
import pytest

from exporter.source import opening
from exporter.source.connection import Link, Unreachable
from exporter.source.opening import LIMIT, LONGEST_PAUSE, MOST_DOUBLED, Opening, Silent
from fake_time import FakeTime

if TYPE_CHECKING:
    from collections.abc import Iterator

LONG = 60.0  # seconds: a test fails if something does not happen by then
SHORT = 0.05  # seconds that an attempt may take here


class Connection:
    def __init__(self) -> None:
        self.closed = threading.Event()

    def close(self) -> None:
        self.closed.set()


class Daemon:
    """Is silent until it is told to speak; `error` is what it says then instead of opening."""

    def __init__(self) -> None:
        self.speaks = threading.Event()
        self.error: Exception | None = None
        self.calls = 0
        self.connections: list[Connection] = []
        self.opened = threading.Semaphore(0)

    def __call__(self) -> Connection:
        self.calls += 1
        self.speaks.wait()
        if self.error is not None:
            raise self.error
        self.connections.append(Connection())
        self.opened.release()
        return self.connections[-1]


@pytest.fixture
def daemon() -> Iterator[Daemon]:
    made = Daemon()
    yield made
    made.speaks.set()


def test_what_is_opened_in_time_is_given(daemon: Daemon) -> None:
    daemon.speaks.set()
    connection = Opening(daemon).open()
    assert [connection] == daemon.connections
    assert not connection.closed.is_set()


def test_what_cannot_be_opened_is_raised_as_it_is(daemon: Daemon) -> None:
    daemon.speaks.set()
    daemon.error = libvirt.libvirtError("no such file")
    with pytest.raises(libvirt.libvirtError, match="no such file"):
        Opening(daemon).open()


def test_an_attempt_without_an_answer_is_abandoned_and_closed_if_it_comes_late(daemon: Daemon) -> None:
    tried = Opening(daemon, SHORT)
    with pytest.raises(Silent, match="no answer within"):
        tried.open()
    daemon.speaks.set()
    assert daemon.opened.acquire(timeout=LONG)
    assert daemon.connections[0].closed.wait(LONG)
    assert not tried.open().closed.is_set()


def test_few_attempts_wait_at_once_and_another_is_made_ever_more_rarely(daemon: Daemon) -> None:
    time = FakeTime()
    tried = Opening(daemon, SHORT, time)

    def attempts(seconds: float) -> int:
        time.now += seconds
        for _ in range(5):
            with pytest.raises(Silent):
                tried.open()
        return daemon.calls

    assert attempts(0.0) == 2
    assert attempts(3.9 * SHORT) == 2
    assert attempts(0.2 * SHORT) == 3
    assert attempts(4.0 * SHORT) == 3
    assert attempts(LONGEST_PAUSE) == 4


def test_the_pause_has_a_longest_one_after_however_many_attempts(daemon: Daemon) -> None:
    time = FakeTime()
    tried = Opening(daemon, SHORT, time)
    tried._abandoned = 5_000
    for pause, calls in ((0.0, 1), (SHORT, 1), (LONGEST_PAUSE, 2)):
        time.now += pause
        with pytest.raises(Silent):
            tried.open()
        assert daemon.calls == calls
    assert LONGEST_PAUSE <= LIMIT * 2**MOST_DOUBLED


def test_attempts_that_ended_do_not_count(daemon: Daemon) -> None:
    tried = Opening(daemon, SHORT, FakeTime())
    for _ in range(3):
        with pytest.raises(Silent):
            tried.open()
    daemon.error = libvirt.libvirtError("the connection was reset")
    daemon.speaks.set()
    while tried._abandoned:
        daemon.opened.acquire(timeout=0.01)
    with pytest.raises(libvirt.libvirtError):
        tried.open()


def test_a_port_that_takes_connections_and_is_silent_holds_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening.Opening.__init__, "__defaults__", (SHORT, lambda: 0.0))
    with socket.create_server(("127.0.0.1", 0)) as server:
        link = Link(f"qemu+tcp://127.0.0.1:{server.getsockname()[1]}/system")
        with pytest.raises(Unreachable, match=r"^cannot open libvirt at qemu.* no answer within .*daemon"):
            link.get()
        closed = threading.Thread(target=link.close)
        closed.start()
        closed.join(LONG)
        assert not closed.is_alive()
