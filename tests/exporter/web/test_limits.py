"""Hostile and unlucky clients: bounded, logged, and in nobody's way."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from concurrent.futures import ThreadPoolExecutor, as_completed
from itertools import islice
from typing import TYPE_CHECKING

import pytest
from tornado.iostream import IOStream

from exporter.web.limits import Limits
from exporter.web.server import Request, Response

from .conftest import until

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from pathlib import Path

    from .conftest import Running, Start

NEVER = 3600.0  # seconds; a limit that no test reaches
LARGE = 10_000_000  # bytes of a page; more than the kernel keeps for a connection


def held_up(server: Running) -> bool:
    """Whether a normal scrape gets no answer."""
    return server.get().status != 200


def test_200_concurrent_scrapes_are_bounded(start: Start) -> None:
    lock, now, most = threading.Lock(), 0, 0
    begun, free = threading.Semaphore(0), threading.Event()

    def slow(_request: Request) -> Response:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        begun.release()
        assert free.wait(60)
        with lock:
            now -= 1
        return Response(b"ok")

    server = start({"/metrics": slow, "/-/healthy": lambda _: Response(b"ok")})
    with ThreadPoolExecutor(201) as clients:
        replies = [clients.submit(server.get) for _ in range(200)]
        refused = list(islice(as_completed(replies, timeout=60), 180))
        assert {each.result().status for each in refused} == {503}
        assert refused[0].result().headers["Retry-After"] == "1"
        assert server.get("/-/healthy").status == 200, "a page that hangs takes no other along"
        other = clients.submit(server.get, source="127.0.0.2")
        assert all(begun.acquire(timeout=60) for _ in range(21))
        free.set()
        assert other.result(60).status == 200, "one client does not shut out another"
        statuses = [each.result(60).status for each in replies]
    assert (statuses.count(200), statuses.count(503), most) == (20, 180, 21)
    assert not held_up(server)


def test_slow_headers_do_not_stall_a_scrape(start: Start) -> None:
    server = start(limits=Limits(header_seconds=NEVER))
    with contextlib.ExitStack() as stack:
        for _ in range(100):
            stack.enter_context(server.connect()).sendall(b"GET /metrics HTTP/1.1\r\nX-Slow: ")
        assert not held_up(server)


def test_slow_headers_are_hung_up_on(start: Start) -> None:
    server = start(limits=Limits(header_seconds=0.2))
    with server.connect() as slow, contextlib.suppress(ConnectionError):
        slow.sendall(b"GET /metrics HTTP/1.1\r\nX-Slow: ")
        slow.settimeout(0.02)
        for _ in range(500):
            with contextlib.suppress(TimeoutError):
                assert slow.recv(100) == b""
                return
            slow.sendall(b"a")  # a byte now and then buys no time
        pytest.fail("still open")


def test_silent_clients_are_hung_up_on(start: Start) -> None:
    server = start(limits=Limits(header_seconds=0.2))
    with server.connect() as silent:
        assert silent.recv(100) == b""


def test_idle_connections_end(start: Start) -> None:
    server = start(limits=Limits(idle_seconds=0.2))
    with server.connect() as idle:
        idle.sendall(b"HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        assert idle.recv(4096).startswith(b"HTTP/1.1 200")
        assert idle.recv(4096) == b""


def test_connections_survive_from_scrape_to_scrape(start: Start) -> None:
    server = start(limits=Limits(header_seconds=0.2))
    with server.connect() as kept:
        for _ in range(3):
            kept.sendall(b"HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
            assert kept.recv(4096).startswith(b"HTTP/1.1 200")
            with server.connect() as silent:
                assert silent.recv(100) == b"", "by now, the first request would be too late"


def test_too_many_connections_displace_the_oldest_idle_one(start: Start) -> None:
    server = start(limits=Limits(connections=10, header_seconds=60))
    with contextlib.ExitStack() as stack:
        idle = [stack.enter_context(server.connect()) for _ in range(30)]
        assert not held_up(server)
        assert [each.recv(10) for each in idle[:20]] == [b""] * 20
        idle[-1].setblocking(False)
        with pytest.raises(BlockingIOError):
            idle[-1].recv(10)


def test_busy_connections_are_not_displaced(start: Start) -> None:
    begun, free = threading.Event(), threading.Event()

    def slow(_request: Request) -> Response:
        begun.set()
        assert free.wait(10)
        return Response(b"whole")

    server = start({"/metrics": slow}, limits=Limits(connections=5))
    with ThreadPoolExecutor(1) as client, contextlib.ExitStack() as stack:
        reply = client.submit(server.get)
        assert begun.wait(10)
        idle = [stack.enter_context(server.connect()) for _ in range(10)]
        assert idle[0].recv(10) == b""
        free.set()
        assert reply.result(10).body == b"whole"


def test_client_that_leaves_is_no_error(start: Start, caplog: pytest.LogCaptureFixture) -> None:
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
    assert not held_up(server)
    server.stop()
    assert [record.levelname for record in caplog.records if record.levelname != "INFO"] == ["WARNING"]


@pytest.mark.parametrize("size", [17_000, 100_000])
def test_large_headers_are_431(start: Start, size: int) -> None:
    server = start()
    assert server.get(headers={"X-Large": "a" * size}).status == 431
    assert server.get(headers={f"X-Many-{n}": "a" * (size // 80) for n in range(80)}).status == 431


def test_endless_headers_are_hung_up_on(start: Start) -> None:
    server = start()
    with server.connect() as endless, contextlib.suppress(ConnectionError):
        endless.sendall(b"GET /metrics HTTP/1.1\r\nX-Endless: ")
        for _ in range(100):
            endless.sendall(b"a" * 10_000)
        assert endless.recv(100) == b""
    assert not held_up(server)


def test_the_end_of_a_head_is_looked_for_by_a_pattern_that_begins_with_a_character(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that begins with an optional character is tried at each byte of an endless head."""
    patterns, read = set(), IOStream.read_until_regex

    def seen(stream: IOStream, regex: bytes, max_bytes: int | None = None) -> Awaitable[bytes]:
        patterns.add(regex)
        return read(stream, regex, max_bytes)

    monkeypatch.setattr(IOStream, "read_until_regex", seen)
    server = start()
    with server.connect() as client:
        client.sendall(b"GET /none HTTP/1.1\nHost: x\n\n" + get("/none"))
        answers = b""
        while answers.count(b"HTTP/1.1 404") < 2:
            answers += client.recv(4096)
    assert patterns == {b"\n\r?\n"}


def get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()


def lazy_reader(stack: contextlib.ExitStack, server: Running) -> socket.socket:
    """A client that reads nothing, and for which the kernel keeps little."""
    lazy = stack.enter_context(socket.socket())
    lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    lazy.settimeout(10)
    lazy.connect(("127.0.0.1", server.port))
    return lazy


def test_who_reads_slowly_takes_no_place_of_others(start: Start) -> None:
    routes = {"/large": lambda _: Response(b"x" * LARGE), "/metrics": lambda _: Response(b"ok")}
    server = start(routes, limits=Limits(write_seconds=NEVER, requests=2))
    with contextlib.ExitStack() as stack:
        for _ in range(10):
            lazy = lazy_reader(stack, server)
            lazy.sendall(get("/large"))
            assert lazy.recv(1) == b"H"
        assert len(server.get("/large").body) == LARGE
        assert not held_up(server)


def test_what_is_being_written_is_in_progress(start: Start) -> None:
    """The server ends when it has been read."""
    large, begun = Response(b"x" * LARGE), threading.Event()

    def page(_request: Request) -> Response:
        begun.set()
        return large

    server = start({"/large": page}, limits=Limits(stop_seconds=NEVER, write_seconds=NEVER))
    with contextlib.ExitStack() as stack:
        lazy = lazy_reader(stack, server)
        lazy.sendall(get("/large"))
        assert begun.wait(10)
        assert lazy.recv(1) == b"H"
        server.stopping.set()
        assert is_whole(lazy)


def test_answers_that_are_not_read_take_bounded_memory(start: Start) -> None:
    """Each of them another page, as when they are asked for one after the other."""
    server = start(
        {"/large": lambda _: Response(b"x" * LARGE)},
        limits=Limits(write_seconds=NEVER, unread_bytes=5 * LARGE // 2),
    )
    with contextlib.ExitStack() as stack:
        lazy = [lazy_reader(stack, server) for _ in range(4)]
        for one in lazy:
            one.sendall(get("/large"))
            assert one.recv(1) == b"H"
        assert [is_whole(one) for one in lazy] == [False, False, True, True]


def test_readers_of_the_same_page_share_its_bytes(start: Start) -> None:
    """They count once, so none is hung up on."""
    large = Response(b"x" * LARGE)
    server = start(
        {"/large": lambda _: large}, limits=Limits(write_seconds=NEVER, unread_bytes=5 * LARGE // 2)
    )
    with contextlib.ExitStack() as stack:
        lazy = [lazy_reader(stack, server) for _ in range(4)]
        for one in lazy:
            one.sendall(get("/large"))
            assert one.recv(1) == b"H"
        assert [is_whole(one) for one in lazy] == [True] * 4


def test_who_reads_slowly_makes_room_when_all_connections_are_taken(start: Start) -> None:
    large = Response(b"x" * LARGE)
    routes = {"/large": lambda _: large, "/metrics": lambda _: Response(b"ok")}
    server = start(routes, limits=Limits(write_seconds=NEVER, connections=5))
    with contextlib.ExitStack() as stack:
        lazy = [lazy_reader(stack, server) for _ in range(5)]
        for one in lazy:
            one.sendall(get("/large"))
            assert one.recv(1) == b"H"
        assert not held_up(server)
        assert not is_whole(lazy[0]), "the one that has been reading for the longest time"
        assert is_whole(lazy[1])


def test_what_a_closed_connection_left_behind_is_not_answered(start: Start) -> None:
    asked, left = threading.Semaphore(0), threading.Event()

    def page(_request: Request) -> Response:
        asked.release()
        assert left.wait(60)
        return Response(b"ok")

    server = start({"/page": page})
    with server.connect() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.sendall(get("/page") * 100)
        assert asked.acquire(timeout=60)
    left.set()
    assert not asked.acquire(timeout=0.5)


def test_after_a_refusal_the_next_request_must_come_soon(start: Start) -> None:
    server = start(limits=Limits(header_seconds=0.2))
    with server.connect() as refused, server.connect() as served:
        served.sendall(b"HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        assert served.recv(4096).startswith(b"HTTP/1.1 200")
        refused.sendall(get("/none"))
        assert refused.recv(4096).startswith(b"HTTP/1.1 404")
        refused.sendall(get("/none"))
        assert refused.recv(4096).startswith(b"HTTP/1.1 404"), "it may come"
        assert refused.recv(4096) == b""
        served.sendall(b"HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        assert served.recv(4096).startswith(b"HTTP/1.1 200")


def test_client_that_does_not_read_is_hung_up_on(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    large = Response(b"x" * 40_000_000)
    routes = {"/large": lambda _: large, "/small": lambda _: Response(b"ok")}
    server = start(routes, limits=Limits(write_seconds=1.0, requests=2))
    with contextlib.ExitStack() as stack:
        lazy = lazy_reader(stack, server)
        lazy.sendall(get("/large"))
        assert until(lambda: "client reads too slowly" in caplog.messages)
        assert _read_all(lazy) < len(large.body)
    assert server.get("/small").status == 200, "its slot is free"


@pytest.mark.parametrize("path", ["/none", "/metrics?%zz"])
def test_refusals_that_are_not_read_do_not_pile_up(
    start: Start, caplog: pytest.LogCaptureFixture, tmp_path: Path, path: str
) -> None:
    """A client may ask again and again on one connection, and read none of the answers."""
    large = f"http_server_config:\n  headers:\n    Content-Security-Policy: {'x' * 100_000}\n"
    (tmp_path / "web.yml").write_text(large)
    server = start(web_config=tmp_path / "web.yml", limits=Limits(write_seconds=0.2))
    with contextlib.ExitStack() as stack, contextlib.suppress(ConnectionError):
        lazy = lazy_reader(stack, server)
        lazy.sendall(get(path) * 1000)
        assert until(lambda: "client reads too slowly" in caplog.messages)
        assert _read_all(lazy) < 1000 * 100_000


def is_whole(client: socket.socket) -> bool:
    """Whether the rest of a large page can be read."""
    total = 1  # the first byte has been read
    with contextlib.suppress(ConnectionError):
        while total < LARGE and (data := client.recv(1 << 20)):
            total += len(data)
    return total >= LARGE


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
def test_malformed_requests_harm_nobody(start: Start, request_bytes: bytes) -> None:
    server = start()
    with server.connect() as client:
        client.sendall(request_bytes)
        answer = client.recv(4096)
    assert answer == b"" or int(answer.split()[1]) >= 400
    assert not held_up(server)
