"""The transport against real sockets: peers that drip, stall or cut off, and the environment."""

from __future__ import annotations

import socket
import struct
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from forecaster.config.model import Backend
from forecaster.promql.client import Client
from forecaster.promql.deadline import CuttableAdapter, Deadlines
from forecaster.promql.results import PromqlError, Result
from peer import Peer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from peer import Part

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
EMPTY = b'{"status":"success","data":{"resultType":"vector","result":[]}}'


@pytest.fixture
def served() -> Iterator[Callable[[Part], Peer]]:
    peers: list[Peer] = []

    def serve(part: Part) -> Peer:
        peers.append(Peer(part))
        return peers[-1]

    yield serve
    for each in peers:
        each.close()


def drip(connection: socket.socket) -> None:
    connection.sendall(HEAD % 5000)
    while True:
        connection.sendall(b" ")
        time.sleep(0.1)


def drip_head(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while True:
        connection.sendall(b"a")
        time.sleep(0.1)


def stall(connection: socket.socket) -> None:
    connection.sendall(HEAD % 5000)
    connection.recv(1)  # until the client hangs up


def silent(connection: socket.socket) -> None:
    connection.recv(1)


@pytest.mark.parametrize("part", [drip, drip_head, stall, silent])
def test_the_timeout_is_a_deadline_for_the_whole_answer(served: Callable[[Part], Peer], part: Part) -> None:
    """No assertion on time: without a deadline the first two never end."""
    client = Client(Backend(url=served(part).url, timeout=1, retries=0))
    with pytest.raises(PromqlError, match="did not answer in 1 s") as raised:
        client.query("up", 0)
    assert raised.value.result is Result.TIMEOUT


def cut_off(connection: socket.socket) -> None:
    connection.sendall(HEAD % 5000 + EMPTY)


def test_an_answer_that_is_cut_off_is_no_answer(served: Callable[[Part], Peer]) -> None:
    client = Client(Backend(url=served(cut_off).url, timeout=5, retries=0))
    with pytest.raises(PromqlError, match=r"broke off its answer: it is shorter than announced$") as raised:
        client.query("up", 0)
    assert raised.value.result is Result.SERVER_ERROR


def nonsense(connection: socket.socket) -> None:
    connection.sendall(b"SECRET\r\n\r\n")


def many_headers(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200)


@pytest.mark.parametrize(
    ("part", "why"), [(nonsense, "it is no HTTP"), (many_headers, "got more than 100 headers")]
)
def test_an_answer_that_is_none_is_told_in_plain_words(
    served: Callable[[Part], Peer], part: Part, why: str
) -> None:
    client = Client(Backend(url=served(part).url, timeout=5, retries=0))
    with pytest.raises(PromqlError, match=f"sends what cannot be read: {why}$"):
        client.query("up", 0)


@pytest.mark.parametrize(
    ("backend", "told"),
    [
        (
            Backend("http://b.test", proxy_url="http://127.0.0.1:1", retries=0),
            r"b\.test\S* cannot be reached through prometheus\.proxy_url: .*refused$",
        ),
        (
            Backend("https://127.0.0.1:1", ca_file=Path("/none"), retries=0),
            "cannot be asked: .*/none: check prometheus.tls_config$",
        ),
    ],
)
def test_what_stands_before_the_backend_is_named(backend: Backend, told: str) -> None:
    with pytest.raises(PromqlError, match=told) as raised:
        Client(backend).query("up", 0)
    assert raised.value.result is Result.UNREACHABLE


def hang_up(connection: socket.socket) -> None:
    connection.shutdown(socket.SHUT_RDWR)


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@pytest.mark.parametrize("part", [hang_up, reset])
def test_a_query_that_is_hung_up_on_may_have_been_too_large(
    served: Callable[[Part], Peer], part: Part
) -> None:
    """A backend that a query ends, or its proxy, says nothing: it was reached all the same."""
    client = Client(Backend(url=served(part).url, timeout=5, retries=0))
    with pytest.raises(PromqlError, match="closed the connection without an answer") as raised:
        client.query("up", 0)
    assert raised.value.result is Result.SERVER_ERROR


def not_compressed(connection: socket.socket) -> None:
    connection.sendall((HEAD % len(EMPTY)).replace(b"\r\n", b"\r\nContent-Encoding: gzip\r\n", 1) + EMPTY)


def test_an_answer_that_is_not_compressed_as_it_says_is_invalid(served: Callable[[Part], Peer]) -> None:
    client = Client(Backend(url=served(not_compressed).url, timeout=5, retries=0))
    with pytest.raises(PromqlError, match="cannot be decompressed") as raised:
        client.query("up", 0)
    assert raised.value.result is Result.INVALID


def whole(connection: socket.socket) -> None:
    """The peer closes it then, and says so: else the next request may be sent on it."""
    connection.sendall((HEAD % len(EMPTY)).replace(b"\r\n", b"\r\nConnection: close\r\n", 1) + EMPTY)


def in_turn(*parts: Part) -> Part:
    """Each connection has the next part."""
    left = iter(parts)

    def peer(connection: socket.socket) -> None:
        part = next(left)
        part(connection)

    return peer


def test_after_a_cut_the_next_request_is_answered(served: Callable[[Part], Peer]) -> None:
    server = served(in_turn(drip, whole))
    client = Client(Backend(url=server.url, timeout=1, retries=0))
    with pytest.raises(PromqlError):
        client.query("up", 0)
    assert client.query("up", 0) == []


def test_after_an_answer_the_next_request_has_a_deadline_of_its_own(served: Callable[[Part], Peer]) -> None:
    server = served(in_turn(whole, drip))
    client = Client(Backend(url=server.url, timeout=1, retries=0))
    assert client.query("up", 0) == []
    time.sleep(0.5)
    begun = time.monotonic()
    with pytest.raises(PromqlError, match="did not answer in 1 s"):
        client.query("up", 0)
    assert time.monotonic() - begun > 0.9, "not that of the first"


def test_one_thread_watches_the_deadlines_of_many_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    """To start a thread takes more than many a query: it was most of what a query cost the program."""
    started: list[threading.Thread] = []
    watching, sleep = threading.Event(), time.sleep
    monkeypatch.setattr(threading.Thread, "start", _noted(started))

    def seen(seconds: float) -> None:
        watching.set()
        sleep(seconds)

    monkeypatch.setattr(time, "sleep", seen)
    deadlines = Deadlines(CuttableAdapter(), 3.0)
    for _ in range(50):
        with deadlines.request() as deadline:
            assert not deadline.over
            assert watching.wait(20)  # one that begins between two requests would end at once
    assert len(started) == 1
    started[0].join(20)  # without requests it ends
    assert not started[0].is_alive()
    with deadlines.request():
        assert len(started) == 2


def _noted(started: list[threading.Thread]) -> Callable[[threading.Thread], None]:
    start = threading.Thread.start

    def noted(thread: threading.Thread) -> None:
        started.append(thread)
        start(thread)

    return noted


def test_only_what_is_configured_counts(
    served: Callable[[Part], Peer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a netrc file, nor proxies, nor CA bundles of the environment."""
    server = served(whole)
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login eve password stolen\n")
    (tmp_path / "token").write_text("right-token\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, str(tmp_path / "none.pem"))
    client = Client(Backend(url=server.url, timeout=5, retries=0, credentials_file=tmp_path / "token"))
    assert client.query("up", 0) == []
    assert b"Authorization: Bearer right-token\r\n" in server.requests[0]
    without = Client(Backend(url=server.url, timeout=5, retries=0))
    assert without.query("up", 0) == []
    assert b"Authorization" not in server.requests[1]


def test_a_configured_proxy_is_used(served: Callable[[Part], Peer]) -> None:
    proxy = served(whole)
    backend = Backend(url="http://prometheus.test:9090", timeout=5, retries=0, proxy_url=proxy.url)
    assert Client(backend).query("up", 0) == []
    assert proxy.requests[0].startswith(b"POST http://prometheus.test:9090/api/v1/query HTTP/1.1\r\n")
