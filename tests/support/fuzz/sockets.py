"""Subjects that speak over a socket: requests to the server, answers of a PromQL backend."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import logging
import socket
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import bcrypt

from exporter.web.gate import Gate
from exporter.web.limits import Limits
from exporter.web.logs import Logfmt
from exporter.web.server import Request, Response, Route, serve
from forecaster.config.model import Backend
from forecaster.promql.client import Client
from forecaster.promql.results import PromqlError
from fuzz.subject import CANARY, Subject
from peer import Peer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fuzz.subject import Read

PAIR = base64.b64encode(f"alice:{CANARY}".encode()).decode()
HEAD = f"Host: x\r\nAuthorization: Basic {PAIR}\r\n"
JSON = f"{HEAD}Content-Type: application/json\r\n"
REQUESTS = (
    f"GET /metrics HTTP/1.1\r\n{HEAD}Accept: application/openmetrics-text;q=0.5,text/plain\r\n\r\n",
    f'GET /probe?target=a&x=%41 HTTP/1.1\r\n{HEAD}Accept-Encoding: gzip\r\nIf-None-Match: W/"a"\r\n\r\n',
    f'POST /what-if HTTP/1.1\r\n{JSON}Content-Length: 8\r\n\r\n{{"a": 1}}',
    f"POST /what-if HTTP/1.1\r\n{JSON}Transfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\n\r\n",
)  # fmt: skip
SERIES = {
    "metric": {"domain": "web", "instance": "h:9177"},
    "values": [[1700000000, "0.5"], [1700000300, "NaN"]],
}
ANSWER = {
    "status": "success",
    "data": {"resultType": "matrix", "result": [SERIES, SERIES]},
    "warnings": ["w"],
}


def _answer(status: str, body: str) -> bytes:
    text = body.encode()
    return (
        f"HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {len(text)}\r\n\r\n".encode()
        + text
    )


ANSWERS = (
    _answer("200 OK", json.dumps(ANSWER)),
    _answer("401 Unauthorized", f"wrong token: {CANARY}"),
    _answer("422 Unprocessable Entity", json.dumps({"status": "error", "error": f"you sent {CANARY}"})),
    b"HTTP/1.1 302 Found\r\nLocation: http://a/\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n",
)


@contextmanager
def _logged() -> Iterator[io.StringIO]:
    """What is logged in the block, as the programs write it."""
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    handler.setFormatter(Logfmt())
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield text
    finally:
        root.removeHandler(handler)


def _told(log: io.StringIO) -> str:
    text = log.getvalue()
    log.seek(0)
    log.truncate()
    return text


@contextmanager
def _server() -> Iterator[Read]:
    """A server with a password; the function sends a request and returns answer and log."""
    stopping, listening = threading.Event(), threading.Event()
    addresses: list[str] = []

    def what_if(request: Request) -> Response:
        return Response(str(request.json()).encode(errors="replace"))

    routes = [
        Route("/metrics", lambda _: Response(b"metric 1\n" * 1000)),
        Route("/probe", lambda request: Response(request.query.one("target").encode())),
        Route("/what-if", what_if, methods=("POST",), body=1 << 16),
    ]

    def heard(found: list[str]) -> None:
        addresses.extend(found)
        listening.set()

    with tempfile.TemporaryDirectory() as folder, _logged() as log:
        hashed = bcrypt.hashpw(CANARY.encode(), bcrypt.gensalt(4)).decode()
        config = Path(folder) / "web.yml"
        config.write_text(f"basic_auth_users: {{alice: {hashed}}}\n")
        limits = Limits(header_seconds=2, idle_seconds=2, write_seconds=2, stop_seconds=0.1)

        def run() -> None:
            serve(routes, ["127.0.0.1:0"], Gate(config), stopping, limits=limits, on_listening=heard)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        assert listening.wait(10)
        port = int(addresses[0].rpartition(":")[2])

        def read(data: bytes) -> str:
            _exchange(port, data, patience=0.02)
            honest = _exchange(port, REQUESTS[0].encode(), patience=30)
            assert honest.startswith(b"HTTP/1.1 200 "), "an honest request is not answered"
            return _told(log)

        try:
            yield read
        finally:
            stopping.set()
            thread.join(10)
            assert not thread.is_alive()


def _exchange(port: int, data: bytes, patience: float) -> bytes:
    """The beginning of the answer; nothing if none comes in time."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=30) as client:
        client.sendall(data)
        client.settimeout(patience)
        return client.recv(65536)
    return b""


@contextmanager
def _backend() -> Iterator[Read]:
    """A client of a backend that answers with the data; the function returns error and log."""
    peer = Peer(lambda _: None)
    with tempfile.TemporaryDirectory() as folder, _logged() as log:
        token = Path(folder) / "token"
        token.write_text(CANARY)

        def read(data: bytes) -> str:
            peer.part = lambda connection: connection.sendall(data)
            client = Client(Backend(peer.url, timeout=5, retries=0, credentials_file=token))
            said = ""
            try:
                client.query_range("up", 1700000000, 1700000300, 300)
            except PromqlError as error:
                said = str(error)
            finally:
                client.close()
            return said + _told(log)

        try:
            yield read
        finally:
            peer.close()


SUBJECTS = (
    Subject("requests", tuple(each.encode() for each in REQUESTS), _server, grows=False),
    Subject("PromQL answers", ANSWERS, _backend),
)
