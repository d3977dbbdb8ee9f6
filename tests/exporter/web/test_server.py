"""What a reader sees of the server: pages, refusals, compression, the end."""

from __future__ import annotations

import gzip
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from exporter.web.logs import Logfmt
from exporter.web.server import Limits, Request, Response, Route, WebError, serve

from .conftest import until

if TYPE_CHECKING:
    from .conftest import Start


def echo(request: Request) -> Response:
    return Response(f"{request.path} {request.query.pairs} {request.headers.get('x-colour')}".encode())


def broken(_request: Request) -> Response:
    raise RuntimeError("secret detail")


def test_page_sees_path_query_and_headers(start: Start) -> None:
    reply = start({"/probe": echo}).get("/probe?target=a&target=b&empty=", {"X-Colour": "blue"})
    assert reply.status == 200
    assert reply.body == b"/probe (('target', 'a'), ('target', 'b'), ('empty', '')) blue"
    assert reply.headers["Content-Type"] == "text/plain; charset=utf-8"


def test_status_and_content_type_are_the_pages(start: Start) -> None:
    reply = start({"/-/ready": lambda _: Response(b"{}", "application/json", 503)}).get("/-/ready")
    assert (reply.status, reply.body, reply.headers["Content-Type"]) == (503, b"{}", "application/json")


def test_a_probe_is_logged_when_its_status_changes(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    statuses = [200, 503, 503, 503, 200, 200]
    answers = iter(statuses)
    server = start([Route("/-/ready", lambda _: Response(b"it waits\n", status=next(answers)), probe=True)])
    with caplog.at_level("DEBUG", "exporter.web.exchange"):
        assert [server.get("/-/ready").status for _ in statuses] == statuses
    told = [record for record in caplog.records if record.message == "request"]
    assert {vars(record)["answer"] for record in told} == {"it waits"}
    assert [record.levelname for record in told] == ["DEBUG", "INFO", "DEBUG", "DEBUG", "INFO", "DEBUG"]


@pytest.mark.parametrize("path", ["/none", "/metrics/", "//metrics", "/metrics%20", "/.."])
def test_unknown_path_is_404(start: Start, path: str) -> None:
    assert start().get(path).status == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "BREW"])
def test_only_get_and_head(start: Start, method: str) -> None:
    reply = start().get(method=method)
    assert (reply.status, reply.headers["Allow"]) == (405, "GET, HEAD")


def test_head_is_get_without_the_body(start: Start) -> None:
    server = start()
    head, get = server.get(method="HEAD"), server.get()
    assert (head.status, head.body) == (200, b"")
    assert head.headers["Content-Length"] == str(len(get.body))


def test_body_is_refused_where_the_route_takes_none(start: Start) -> None:
    server = start()
    for size in (1, 10, 10_000):
        reply = server.get(body=b"x" * size)
        assert (reply.status, reply.body) == (400, b"400 Bad Request\n")


def test_large_body_is_not_read(start: Start) -> None:
    server = start()
    with server.connect() as client:
        client.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000000\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 400 ")
    assert server.get().status == 200


def test_query_that_is_not_utf8_is_refused(start: Start) -> None:
    assert start().get("/metrics?a=%ff").status == 400


@pytest.mark.parametrize(
    ("accepted", "compressed"),
    [
        ("gzip", True),
        ("deflate, gzip;q=1.0, *;q=0.5", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000", False),
        ("identity", False),
        ("", False),
    ],
)
def test_gzip_where_accepted(start: Start, accepted: str, compressed: bool) -> None:
    reply = start().get(headers={"Accept-Encoding": accepted})
    assert (reply.headers["Content-Encoding"] == "gzip") is compressed
    assert reply.headers["Vary"] == "Accept-Encoding"
    assert (gzip.decompress(reply.body) if compressed else reply.body) == b"some_metric 1\n" * 1000


def test_small_answers_are_not_compressed(start: Start) -> None:
    reply = start({"/": lambda _: Response(b"ok")}).get("/", {"Accept-Encoding": "gzip"})
    assert (reply.body, reply.headers["Content-Encoding"]) == (b"ok", None)


def test_raising_page_is_a_plain_500_and_one_line(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    server = start({"/metrics": broken})
    caplog.clear()
    with caplog.at_level(logging.INFO):
        reply = server.get()
    assert (reply.status, reply.body) == (500, b"500 Internal Server Error\n")
    (line,) = [record for record in caplog.records if record.name.startswith(("exporter", "tornado"))]
    assert (line.message, vars(line)["path"]) == ("request failed", "/metrics")
    told = Logfmt().format(line)
    assert 'exc="RuntimeError at ' in told
    assert "secret detail" not in told


def test_page_that_exits_ends_its_request_only(start: Start) -> None:
    server = start({"/exit": lambda _: sys.exit(3), "/metrics": echo})
    assert server.get("/exit").status == 500
    assert server.get().status == 200


def test_answers_say_little_about_the_server(start: Start) -> None:
    headers = start().get().headers
    assert headers["Server"] is None
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_nothing_is_stored_by_caches_unless_the_handler_says_so(start: Start) -> None:
    server = start(
        {"/metrics": echo, "/old": lambda _: Response(b"", headers={"Cache-Control": "max-age=60"})}
    )
    assert [server.get(path).headers["Cache-Control"] for path in ("/metrics", "/none")] == ["no-store"] * 2
    assert server.get("/old").headers["Cache-Control"] == "max-age=60"


def test_running_request_may_end_when_the_server_stops(start: Start) -> None:
    begun, free = threading.Event(), threading.Event()

    def slow(_request: Request) -> Response:
        begun.set()
        assert free.wait(10)
        return Response(b"whole")

    def refuses() -> bool:
        try:
            server.connect().close()
        except ConnectionRefusedError:
            return True
        except ConnectionResetError:
            return False  # it was in the queue of the socket that has just been closed
        return False

    server = start({"/metrics": slow}, limits=Limits(stop_seconds=60))
    with ThreadPoolExecutor(1) as client:
        reply = client.submit(server.get)
        assert begun.wait(10)
        server.stopping.set()
        assert until(refuses)
        free.set()
        assert reply.result(10).body == b"whole"


def test_address_in_use_is_one_line(start: Start) -> None:
    port = start().port
    with pytest.raises(WebError) as caught:
        serve([], [f"127.0.0.1:{port}"])
    assert str(caught.value) == f"cannot listen on 127.0.0.1:{port}: Address already in use"


PROGRAM = """
import sys, time, threading
from exporter.web.server import Response, Route, serve
def hang(request):
    print("begun", flush=True)
    time.sleep(3600)
stopping = threading.Event()
table = [Route("/metrics", hang)]
serve(table, ["127.0.0.1:0"], None, stopping, on_listening=lambda a: print(a[0], flush=True))
print("returned", stopping.is_set(), flush=True)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_the_program_whatever_its_pages_do(number: signal.Signals) -> None:
    limited = PROGRAM.replace("on_listening", "limits=Limits(stop_seconds=0.2), on_listening").replace(
        "import Response", "import Limits, Response"
    )
    with subprocess.Popen([sys.executable, "-c", limited], stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        port = int(program.stdout.readline().rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
            client.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
            assert program.stdout.readline() == "begun\n"
            os.kill(program.pid, number)
            rest, _ = program.communicate(timeout=30)
    assert rest == "returned True\n"
    assert program.returncode == 0
