"""Requests with parameters and bodies, and their refusals, as a client sees them."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING

import pytest

from exporter.web.envelope import success
from exporter.web.limits import Limits
from exporter.web.message import Request, Response
from exporter.web.refusal import Refusal
from exporter.web.routing import Route

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .conftest import Running, Start

    Asked = tuple[str, str, Mapping[str, str], bytes | None]

JSON = {"Content-Type": "application/json"}
BODY_BYTES = 1000


def echo(request: Request) -> Response:
    return success([request.method, dict(request.parameters), request.query.many("match[]"), request.json()])


def read(request: Request) -> Response:
    return success(request.query.integer("limit", 10, least=1, most=100))


def teapot(_request: Request) -> Response:
    raise Refusal(418, "this is a teapot", {"X-Why": "tea"})


def broken(_request: Request) -> Response:
    raise RuntimeError("secret detail")


ROUTES = (
    Route("/api/v1/echo/{name}", echo, methods=("POST", "PUT"), body=BODY_BYTES),
    Route("/api/v1/read", read),
    Route("/api/v1/teapot", teapot),
    Route("/api/v1/broken", broken),
    Route("/teapot", teapot),
    Route("/page", lambda _: Response(b"page" * 1000), etag=True),
)


def post(length: int | str, *lines: str, to: str = "/api/v1/echo/a") -> bytes:
    """The head of a request with a body."""
    head = (
        f"POST {to} HTTP/1.1",
        "Host: x",
        "Content-Type: application/json",
        f"Content-Length: {length}",
        *lines,
    )
    return "\r\n".join((*head, "", "")).encode()


@pytest.fixture
def server(start: Start) -> Running:
    return start(ROUTES)


def test_parameters_repeated_query_and_body_reach_the_handler(server: Running) -> None:
    path = "/api/v1/echo/a%2Fb%20c?match[]=x&match[]=y%26"
    reply = server.get(path, JSON, method="POST", body=b'{"n": [1, 2]}')
    assert (reply.status, reply.headers["Content-Type"]) == (200, "application/json")
    assert json.loads(reply.body) == {
        "status": "success",
        "data": ["POST", {"name": "a/b c"}, ["x", "y&"], {"n": [1, 2]}],
    }


def test_chunked_bodies_are_read(server: Running) -> None:
    reply = server.get("/api/v1/echo/a", JSON, method="PUT", body=iter([b"[", b"1" * 10, b"]"]))
    assert json.loads(reply.body)["data"][3] == [1_111_111_111]


def test_connection_is_kept_after_bodies_and_refusals(server: Running) -> None:
    with server.connect() as client:
        for body, status in ((b"[1]", 200), (b"[1", 400), (b"[2]", 200), (b"x" * 2000, 413), (b"[3]", 200)):
            client.sendall(post(len(body)) + body)
            assert client.recv(4096).startswith(b"HTTP/1.1 %d " % status)


ECHO, READ = "/api/v1/echo/a", "/api/v1/read"


@pytest.mark.parametrize(
    ("asked", "status", "message"),
    [
        (("GET", "/api/v1/none", {}, None), 404, "Not Found"),
        (("POST", READ, {}, None), 405, "Method Not Allowed"),
        (("BREW", READ, {}, b"coffee"), 405, "Method Not Allowed"),
        (("GET", "/api/v1/echo/%ff", {}, None), 400, "path: percent encoding is not UTF-8"),
        (("GET", f"{READ}?limit=%zz", {}, None), 400, "query: malformed percent encoding"),
        (
            ("GET", f"{READ}?limit=0", {}, None),
            400,
            'parameter "limit": expected a whole number from 1 to 100',
        ),
        (("GET", f"{READ}?limit=1&limit=1", {}, None), 400, 'parameter "limit": given more than once'),
        (("GET", f"{READ}?" + "a&" * 256, {}, None), 400, "query: more than 256 parameters"),
        (("GET", READ, {}, b"{}"), 400, "Bad Request"),
        (("GET", f"{READ}?" + "a" * 9000, {}, None), 414, "path and query: more than 8192 bytes"),
        (("GET", "/api/" + "%41" * 3000, {}, None), 414, "path and query: more than 8192 bytes"),
        (("POST", ECHO, JSON, b""), 400, "body: not JSON: Expecting value at character 0"),
        (("POST", ECHO, JSON, b"{"), 400, "body: not JSON: *"),
        (("POST", ECHO, JSON, b"[" * 40 + b"]" * 40), 413, "body: nested more than 32 levels deep"),
        (("POST", ECHO, JSON, b" " * 1001), 413, "body: more than 1000 bytes"),
        (("POST", ECHO, {}, b"{}"), 415, "body: expected application/json, not encoded"),
        (("POST", ECHO, {"Content-Type": "text/plain"}, b"{}"), 415, "body: expected *"),
        (("POST", ECHO, JSON | {"Content-Encoding": "gzip"}, b"{}"), 415, "body: expected *"),
        (("GET", "/api/v1/teapot", {}, None), 418, "this is a teapot"),
        (("GET", "/api/v1/broken", {}, None), 500, "Internal Server Error"),
    ],
)
def test_refusals_of_the_api(server: Running, asked: Asked, status: int, message: str) -> None:
    method, path, headers, body = asked
    reply = server.get(path, headers, method=method, body=body)
    assert (reply.status, reply.headers["Content-Type"]) == (status, "application/json")
    told = json.loads(reply.body)
    assert told.keys() == {"status", "errorType", "error"}
    assert told["error"] == message or (message.endswith("*") and told["error"].startswith(message[:-1]))


def test_refusals_elsewhere_are_a_line(server: Running) -> None:
    reply = server.get("/teapot")
    assert (reply.status, reply.body, reply.headers["X-Why"]) == (418, b"this is a teapot\n", "tea")


def test_allow_names_every_method_of_the_path(server: Running) -> None:
    assert server.get("/api/v1/echo/a", method="DELETE").headers["Allow"] == "POST, PUT"
    assert server.get("/api/v1/read", method="OPTIONS").headers["Allow"] == "GET, HEAD"


def test_content_type_may_have_parameters(server: Running) -> None:
    headers = {"Content-Type": "Application/JSON; charset=utf-8"}
    assert server.get("/api/v1/echo/a", headers, method="POST", body=b"1").status == 200


def test_304_has_no_body(server: Running) -> None:
    first = server.get("/page")
    again = server.get("/page", {"If-None-Match": first.headers["ETag"]})
    assert (again.status, again.body) == (304, b"")
    assert (again.headers["ETag"], again.headers["Content-Type"]) == (first.headers["ETag"], None)
    assert server.get("/page", {"If-None-Match": '"other"'}).body == first.body


def test_body_larger_than_declared_sizes_allow_is_cut_off(server: Running) -> None:
    """Without a Content-Length, the bytes are counted as they come."""
    head = b"POST /api/v1/echo/a HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    with server.connect() as client:
        client.sendall(head + b"Transfer-Encoding: chunked\r\n\r\n" + b"3e9\r\n" + b"1" * 1001)
        answer = client.recv(4096)
        assert answer.startswith(b"HTTP/1.1 413 ")
        assert b"Connection: close" in answer
        assert client.recv(4096) == b""


def test_body_too_large_is_refused_before_it_is_sent(server: Running) -> None:
    with server.connect() as client:
        client.sendall(post("9" * 4000, "Expect: 100-continue"))
        assert client.recv(4096).startswith(b"HTTP/1.1 413 ")
        assert client.recv(4096) == b""


@pytest.mark.parametrize("length", ["9, 9", "-1", "+9", "x", "\u00b2", "0x9", "9" * 5000])
def test_lengths_that_are_not_one_number_are_refused_at_once(server: Running, length: str) -> None:
    with server.connect() as client:
        client.sendall(post(length).replace("\u00b2".encode(), b"\xb2"))
        assert client.recv(4096).startswith(b"HTTP/1.1 413 ")
        assert client.recv(4096) == b""


def test_a_client_that_waits_for_leave_to_send_its_body_is_refused_at_once(server: Running) -> None:
    with server.connect() as client:
        client.sendall(post(9, "Expect: 100-continue", to="/api/v1/none"))
        assert client.recv(4096).startswith(b"HTTP/1.1 404 ")


def test_bodies_that_never_come_are_hung_up_on_and_hold_up_nobody(start: Start) -> None:
    server = start(ROUTES, limits=Limits(header_seconds=3.0, requests=2))
    with contextlib.ExitStack() as stack:
        slow = [stack.enter_context(server.connect()) for _ in range(50)]
        for each in slow:
            each.sendall(post(9) + b"[")
        assert server.get(ECHO, JSON, method="POST", body=b"1").status == 200
        assert [each.recv(4096) for each in slow] == [b""] * 50


def test_bodies_that_do_not_end_displace_each_other(start: Start) -> None:
    server = start(ROUTES, limits=Limits(body_bytes=1500, header_seconds=3600))
    with contextlib.ExitStack() as stack:
        first, second = (stack.enter_context(server.connect()) for _ in range(2))
        first.sendall(post(1000) + b" " * 800)
        assert server.get(ECHO, JSON, method="POST", body=b"1" * 10).status == 200
        second.sendall(post(1000) + b" " * 800)
        assert first.recv(4096) == b""
        second.sendall(b" " * 199 + b"1")
        assert second.recv(4096).startswith(b"HTTP/1.1 200 ")


def test_connections_with_half_a_body_make_room(start: Start) -> None:
    server = start(ROUTES, limits=Limits(connections=10, header_seconds=3600))
    with contextlib.ExitStack() as stack:
        slow = [stack.enter_context(server.connect()) for _ in range(10)]
        for each in slow:
            each.sendall(post(9, "Expect: 100-continue"))
            assert each.recv(4096).startswith(b"HTTP/1.1 100 ")
        assert server.get("/page").status == 200
        assert slow[0].recv(4096) == b""


def test_a_client_that_leaves_within_its_body_is_no_error(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    server = start(ROUTES)
    with server.connect() as client:
        client.sendall(post(9, "Expect: 100-continue") + b"[1")
        assert client.recv(4096)
    assert server.get(ECHO, JSON, method="POST", body=b"1").status == 200
    server.stop()
    assert [record for record in caplog.records if record.levelname not in ("INFO", "DEBUG")] == []


@pytest.mark.parametrize(
    "headers", [{"X-Bad": "a\r\nX-Forged: b"}, {"X-Bad": "\u2028"}], ids=["line", "text"]
)
def test_headers_that_cannot_be_sent_are_a_500(
    start: Start, caplog: pytest.LogCaptureFixture, headers: dict[str, str]
) -> None:
    server = start({"/bad": lambda _: Response(b"", headers=headers)})
    assert server.get("/bad").status == 500
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == ["request failed"]
    assert server.get("/bad").status == 500
