"""What systemd is told."""

from __future__ import annotations

import os
import socket
import threading
from typing import TYPE_CHECKING

import pytest

from exporter.web import supervision
from exporter.web.server import Response, Route, serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """The socket on which systemd listens."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(20)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        yield listening


def test_it_is_told_that_the_server_listens_lives_and_stops(
    systemd: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "30000")
    stopping = threading.Event()
    route = Route("/", lambda _request: Response(b""))
    server = threading.Thread(target=serve, args=([route], ["127.0.0.1:0"], None, stopping))
    server.start()
    told = [systemd.recv(100) for _ in range(4)]
    stopping.set()
    server.join()
    while told[-1] != b"STOPPING=1":
        told.append(systemd.recv(100))
    assert told[:4].count(b"READY=1") == 1
    assert set(told) == {b"READY=1", b"WATCHDOG=1", b"STOPPING=1"}


def test_an_abstract_socket_is_reached() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(f"\0virtcast-{os.getpid()}")
        listening.settimeout(20)
        supervision.tell("READY=1", {"NOTIFY_SOCKET": f"@virtcast-{os.getpid()}"})
        assert listening.recv(100) == b"READY=1"


@pytest.mark.parametrize("address", ["", "vsock:2:1", "/no/such/socket"])
def test_without_a_socket_nothing_happens(address: str) -> None:
    supervision.tell("READY=1", {"NOTIFY_SOCKET": address})


@pytest.mark.parametrize(
    ("environment", "seconds"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "30000000"}, 10),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}, 10),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, None),  # meant for the parent
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
    ],
)
def test_signs_of_life_come_three_times_in_the_time_allowed(
    environment: dict[str, str], seconds: float | None
) -> None:
    assert supervision.interval(environment) == seconds
