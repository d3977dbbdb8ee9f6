"""A proxy between the forecaster and a real back end, with the faults that a back end has on bad days."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager, suppress
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import requests

if TYPE_CHECKING:
    from collections.abc import Iterator

SLOW_SECONDS = 5  # before an answer, with Fault.SLOW


class Fault(Enum):
    """What the proxy does with an answer."""

    NONE = "passes it on"
    UNAVAILABLE = "says 503 instead"
    SLOW = "passes it on after a while"
    CUT_OFF = "closes the connection after half of it"
    HALF_JSON = "passes half of it on as if it were whole"


class FaultyProxy(ThreadingHTTPServer):
    """Asks the back end at `target`; `fault` may be changed at any time."""

    daemon_threads = True

    def __init__(self, target: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.target, self.fault = target, Fault.NONE

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: FaultyProxy

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        kind = {"Content-Type": self.headers.get("Content-Type", "")}
        try:
            answer = requests.request(
                self.command, self.server.target + self.path, data=body, headers=kind, timeout=30
            )
        except requests.RequestException:
            return self._say(502, b"the back end does not answer")
        return self._pass_on(answer, self.server.fault)

    def do_GET(self) -> None:
        self.do_POST()

    def log_message(self, *_: object) -> None:
        """Quiet."""

    def _pass_on(self, answer: requests.Response, fault: Fault) -> None:
        body = answer.content
        if fault is Fault.UNAVAILABLE:
            return self._say(503, b"out of order")
        if fault is Fault.SLOW:
            time.sleep(SLOW_SECONDS)
        if fault is Fault.CUT_OFF:
            return self._say(200, body[: len(body) // 2], length=len(body))
        return self._say(answer.status_code, body[: len(body) // 2] if fault is Fault.HALF_JSON else body)

    def _say(self, status: int, body: bytes, length: int | None = None) -> None:
        with suppress(ConnectionError):  # the other side did not wait
            self.send_response(status)
            self.send_header("Content-Length", str(len(body) if length is None else length))
            self.end_headers()
            self.wfile.write(body)


@contextmanager
def proxied(target: str) -> Iterator[FaultyProxy]:
    """A proxy that serves until the end of the block."""
    with FaultyProxy(target) as proxy:
        thread = threading.Thread(target=proxy.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield proxy
        finally:
            proxy.shutdown()
            thread.join()
