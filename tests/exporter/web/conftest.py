"""A real server on 127.0.0.1, and certificates for it."""

from __future__ import annotations

import contextlib
import http.client
import logging
import socket
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from certificates import Certificates
from exporter.web.gate import Gate
from exporter.web.server import Handler, Request, Response, Route, serve

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from email.message import Message
    from pathlib import Path

    from exporter.web.limits import Limits


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Message
    body: bytes


@dataclass
class Running:
    """A server under test, seen from its clients."""

    addresses: list[str]
    stopping: threading.Event
    thread: threading.Thread
    errors: list[BaseException] = field(default_factory=list)

    @property
    def port(self) -> int:
        return int(self.addresses[0].rpartition(":")[2])

    def get(
        self,
        path: str = "/metrics",
        headers: Mapping[str, str] | None = None,
        *,
        method: str = "GET",
        body: bytes | Iterable[bytes] | None = None,
        source: str = "127.0.0.1",
        tls: ssl.SSLContext | None = None,
    ) -> Reply:
        place: Any = {"port": self.port, "timeout": 10, "source_address": (source, 0)}
        kind = http.client.HTTPSConnection if tls else http.client.HTTPConnection
        with contextlib.closing(
            kind("127.0.0.1", **(place | ({"context": tls} if tls else {})))
        ) as connection:
            connection.request(method, path, body=body, headers=dict(headers or {}))
            answer = connection.getresponse()
            return Reply(answer.status, answer.headers, answer.read())

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)

    def stop(self) -> None:
        self.stopping.set()
        self.thread.join(10)
        assert not self.thread.is_alive()


def until(holds: Callable[[], bool], tries: int = 500) -> bool:
    """Whether it holds at last; for what the server does by and by, without telling anyone."""
    for _ in range(tries):
        if holds():
            return True
        time.sleep(0.02)
    return False


class Start(Protocol):
    """Starts a server with these routes (a page at /metrics by default), limits and web configuration."""

    def __call__(
        self,
        routes: Mapping[str, Handler] | Sequence[Route] | None = None,
        *,
        web_config: Path | None = None,
        limits: Limits | None = None,
        access_log: bool = False,
    ) -> Running: ...


def metrics(_request: Request) -> Response:
    return Response(b"some_metric 1\n" * 1000)


@pytest.fixture
def start() -> Iterator[Start]:
    """Every server that was started is stopped."""
    with contextlib.ExitStack() as servers:

        def started(
            routes: Mapping[str, Handler] | Sequence[Route] | None = None,
            *,
            web_config: Path | None = None,
            limits: Limits | None = None,
            access_log: bool = False,
        ) -> Running:
            given = {"/metrics": metrics} if routes is None else routes
            table = [Route(*row) for row in given.items()] if isinstance(given, Mapping) else given
            listening, stopping = threading.Event(), threading.Event()
            addresses: list[str] = []

            def on_listening(heard: list[str]) -> None:
                addresses.extend(heard)
                listening.set()

            def run() -> None:
                try:
                    serve(
                        table,
                        ["127.0.0.1:0"],
                        Gate(web_config),
                        stopping,
                        limits=limits,
                        access_log=access_log,
                        on_listening=on_listening,
                    )
                except BaseException as error:  # noqa: BLE001 (shown by the test that waits)
                    running.errors.append(error)

            running = Running(addresses, stopping, threading.Thread(target=run, daemon=True))
            running.thread.start()
            assert listening.wait(10), running.errors
            servers.callback(running.stop)
            return running

        yield started


@pytest.fixture(autouse=True)
def _every_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test starts with a log that has left nothing out."""
    for name in ("exporter.web.exchange", "tornado.general"):
        for each in logging.getLogger(name).filters:
            monkeypatch.setattr(each, "_seen", {})


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    made = Certificates(tmp_path_factory.mktemp("certificates"))
    made.issue("ca")
    made.issue("server", "IP:127.0.0.1")
    made.issue("client", "DNS:prometheus.example", "IP:127.0.0.9")
    made.issue("stranger", "DNS:stranger.example")
    return made
