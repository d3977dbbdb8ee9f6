"""Hostile and unlucky clients: bounded, logged, and in nobody's way."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from itertools import islice
from typing import TYPE_CHECKING

import pytest

from exporter.web.limits import Limits, Slots
from exporter.web.server import Request, Response

if TYPE_CHECKING:
    from collections.abc import Callable

PROMPT = 1.5  # seconds; a normal scrape of a test page takes some milliseconds


def timed_status(server: object) -> tuple[int, bool]:
    begin = time.monotonic()
    status = server.get().status
    return status, time.monotonic() - begin < PROMPT


def test_200_concurrent_scrapes_are_bounded(start: Callable) -> None:
    lock, now, most, free = threading.Lock(), 0, 0, threading.Event()

    def slow(_request: Request) -> Response:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        free.wait(10)
        with lock:
            now -= 1
        return Response(b"ok")

    server = start({"/metrics": slow, "/-/healthy": lambda _: Response(b"ok")})
    with ThreadPoolExecutor(200) as clients:
        replies = [clients.submit(server.get) for _ in range(200)]
        refused = list(islice(as_completed(replies, timeout=PROMPT * 5), 180))
        assert {each.result().status for each in refused} == {503}
        with pytest.raises(TimeoutError):
            next(as_completed(set(replies) - set(refused), timeout=0.1))
        assert server.get("/-/healthy").status == 200, "a page that hangs takes no other along"
        other = clients.submit(server.get, source="127.0.0.2")
        time.sleep(0.2)
        free.set()
        assert other.result(10).status == 200, "one client does not shut out another"
        statuses = [each.result(10).status for each in replies]
    assert sorted(set(statuses)) == [200, 503]
    assert statuses.count(200) == 20
    assert most == 21
    assert refused[0].result().headers["Retry-After"] == "1"
    assert timed_status(server) == (200, True)


def test_slots_are_shared_among_clients() -> None:
    slots = Slots(4)
    assert [slots.take("a") for _ in range(3)] == [True, True, False]
    assert [slots.take("b"), slots.take("c"), slots.take("d")] == [True, True, False]
    slots.give("a")
    assert slots.take("d")
    assert len(slots) == 4


def test_slow_headers_do_not_stall_a_scrape_and_are_hung_up_on(start: Callable) -> None:
    server = start(limits=Limits(header_seconds=PROMPT))
    with contextlib.ExitStack() as stack:
        slow = [stack.enter_context(server.connect()) for _ in range(100)]
        for each in slow:
            each.sendall(b"GET /metrics HTTP/1.1\r\nX-Slow: ")
        assert timed_status(server) == (200, True)
        time.sleep(0.3)
        for each in slow:
            each.sendall(b"a")  # a byte now and then buys no time
        begin = time.monotonic()
        assert [each.recv(100) for each in slow] == [b""] * 100
        assert time.monotonic() - begin < PROMPT


def test_silent_clients_are_hung_up_on(start: Callable) -> None:
    server = start(limits=Limits(header_seconds=0.2))
    with server.connect() as silent:
        assert silent.recv(100) == b""


def test_idle_connections_end(start: Callable) -> None:
    server = start(limits=Limits(idle_seconds=1.0))
    with server.connect() as idle:
        idle.sendall(b"HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        assert idle.recv(4096).startswith(b"HTTP/1.1 200")
        assert idle.recv(4096) == b""


def test_connections_survive_from_scrape_to_scrape(start: Callable) -> None:
    server = start(limits=Limits(header_seconds=0.5))
    with server.connect() as kept:
        for _ in range(3):
            kept.sendall(b"HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
            assert kept.recv(4096).startswith(b"HTTP/1.1 200")
            time.sleep(0.4)


def test_too_many_connections_displace_the_oldest_idle_one(start: Callable) -> None:
    server = start(limits=Limits(connections=10, header_seconds=60))
    with contextlib.ExitStack() as stack:
        idle = [stack.enter_context(server.connect()) for _ in range(30)]
        assert timed_status(server) == (200, True)
        assert [each.recv(10) for each in idle[:20]] == [b""] * 20
        idle[-1].setblocking(False)
        with pytest.raises(BlockingIOError):
            idle[-1].recv(10)


def test_busy_connections_are_not_displaced(start: Callable) -> None:
    begun = threading.Event()

    def slow(_request: Request) -> Response:
        begun.set()
        time.sleep(0.4)
        return Response(b"whole")

    server = start({"/metrics": slow}, limits=Limits(connections=5))
    with ThreadPoolExecutor(1) as client, contextlib.ExitStack() as stack:
        reply = client.submit(server.get)
        assert begun.wait(10)
        for _ in range(10):
            stack.enter_context(server.connect())
        assert reply.result(10).body == b"whole"


def test_client_that_leaves_is_no_error(start: Callable, caplog: pytest.LogCaptureFixture) -> None:
    begun, left, ended = threading.Event(), threading.Event(), threading.Event()

    def slow(_request: Request) -> Response:
        begun.set()
        assert left.wait(10)
        ended.set()
        return Response(b"too late")

    server = start({"/slow": slow, "/metrics": lambda _: Response(b"ok")}, limits=Limits(requests=1))
    with server.connect() as client:
        client.sendall(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
        assert begun.wait(10)
    assert server.get("/slow").status == 503, "its thread still runs, and still counts"
    left.set()
    assert ended.wait(10)
    assert timed_status(server) == (200, True)
    server.stop()
    assert [record.levelname for record in caplog.records if record.levelname != "INFO"] == ["WARNING"]


@pytest.mark.parametrize("size", [17_000, 100_000])
def test_large_headers_are_431(start: Callable, size: int) -> None:
    server = start()
    assert server.get(headers={"X-Large": "a" * size}).status == 431
    assert server.get(headers={f"X-Many-{n}": "a" * (size // 80) for n in range(80)}).status == 431


def test_endless_headers_are_hung_up_on(start: Callable) -> None:
    server = start()
    with server.connect() as endless, contextlib.suppress(ConnectionError):
        endless.sendall(b"GET /metrics HTTP/1.1\r\nX-Endless: ")
        for _ in range(100):
            endless.sendall(b"a" * 10_000)
        assert endless.recv(100) == b""
    assert timed_status(server) == (200, True)


def test_client_that_does_not_read_is_hung_up_on(start: Callable, caplog: pytest.LogCaptureFixture) -> None:
    large = Response(b"x" * 40_000_000)
    routes = {"/large": lambda _: large, "/metrics": lambda _: Response(b"ok")}
    server = start(routes, limits=Limits(write_seconds=0.5, requests=2))
    with socket.socket() as lazy:
        lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        lazy.connect(("127.0.0.1", server.port))
        lazy.settimeout(10)
        lazy.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(0.2)
        assert server.get("/large").status == 503, "what is being written is in progress"
        assert timed_status(server) == (200, True)
        time.sleep(0.6)
        assert _read_all(lazy) < len(large.body)
    assert "client reads too slowly" in caplog.messages
    assert len(server.get("/large").body) == len(large.body)


def _read_all(client: socket.socket) -> int:
    total = 0
    with contextlib.suppress(ConnectionError):
        while data := client.recv(1 << 20):
            total += len(data)
    return total


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n\r\n\r\n",
        b"GET /metrics HTTP/9.9\r\nHost: x\r\n\r\n",
        b"GET /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET /metrics HTTP/1.1\r\nHost: x\r\nA b\r\n\r\n",
    ],
)
def test_malformed_requests_harm_nobody(start: Callable, request_bytes: bytes) -> None:
    server = start()
    with server.connect() as client:
        client.sendall(request_bytes)
        answer = client.recv(4096)
    assert answer == b"" or int(answer.split()[1]) >= 400
    assert timed_status(server) == (200, True)
