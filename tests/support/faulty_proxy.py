"""A proxy between the forecaster and a real back end, with the faults that a back end has on bad days."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager, suppress
from enum import Enum
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

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
    """Keeps its connections, on either side: a forecaster asks some dozens of queries in a row."""

    server: FaultyProxy
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        self._behind = HTTPConnection(self.server.target.removeprefix("http://"), timeout=30)

    def finish(self) -> None:
        self._behind.close()
        with suppress(ConnectionError):  # the other side did not wait
            super().finish()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        kind = {"Content-Type": self.headers.get("Content-Type", "")}
        try:
            status, answer = self._asked(body, kind)
        except (HTTPException, OSError):
            return self._say(502, b"the back end does not answer")
        return self._pass_on(status, answer, self.server.fault)

    def _asked(self, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        """Status and body; on a new connection where the back end was started again since the last."""
        try:
            return self._asked_once(body, headers)
        except (HTTPException, ConnectionError):
            self._behind.close()
            return self._asked_once(body, headers)

    def _asked_once(self, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        try:
            self._behind.request(self.command, self.path, body, headers)
            answer = self._behind.getresponse()
            return answer.status, answer.read()
        except OSError:
            self._behind.close()
            raise

    def do_GET(self) -> None:
        self.do_POST()

    def log_message(self, *_: object) -> None:
        """Quiet."""

    def _pass_on(self, status: int, body: bytes, fault: Fault) -> None:
        if fault is Fault.UNAVAILABLE:
            return self._say(503, b"out of order")
        if fault is Fault.SLOW:
            time.sleep(SLOW_SECONDS)
        if fault is Fault.CUT_OFF:
            self.close_connection = True
            return self._say(200, body[: len(body) // 2], length=len(body))
        return self._say(status, body[: len(body) // 2] if fault is Fault.HALF_JSON else body)

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
