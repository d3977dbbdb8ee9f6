"""Where notifications arrive: a mail server and an HTTP server that keep what they get."""

from __future__ import annotations

import email
import json
import socketserver
import threading
import time
from contextlib import contextmanager, suppress
from email import policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, NamedTuple, cast

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage


class Mail(NamedTuple):
    """A message as it came: for whom it was by the envelope, and its parts."""

    to: str
    message: EmailMessage

    def part(self, kind: str) -> str:
        """The text of its plain or html part."""
        found = self.message.get_body((kind,))
        assert found is not None
        return str(found.get_content())


class Post(NamedTuple):
    """A request as it came; `at` is in monotonic seconds."""

    path: str
    authorization: str
    body: Any
    at: float


class MailServer(socketserver.ThreadingTCPServer):
    """Takes mail on a port of 127.0.0.1, as RFC 5321 has it, without TLS."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Session)
        self.mails: list[Mail] = []

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class _Session(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        with suppress(ConnectionError):  # a client that is killed
            self._talk()

    def _talk(self) -> None:
        server, to = cast("MailServer", self.server), ""
        self._say("220 sink")
        while line := self.rfile.readline():
            verb = line.strip().upper()
            if verb.startswith(b"RCPT TO:"):
                to = line.decode().partition("<")[2].partition(">")[0]
            if verb == b"DATA":
                self._say("354 go on")
                data = b"".join(iter(self._data, b""))
                message = email.message_from_bytes(data, policy=policy.default)
                server.mails.append(Mail(to, message))
            self._say("221 bye" if verb == b"QUIT" else "250 ok")

    def _data(self) -> bytes:
        """The next line of a message; empty at its end."""
        line = self.rfile.readline()
        return b"" if line == b".\r\n" else line.removeprefix(b".")

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


class WebServer(ThreadingHTTPServer):
    """Takes JSON that is posted to any path of a port of 127.0.0.1, but for paths that are `refused`."""

    daemon_threads = True

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Poster)
        self.posts: list[Post] = []
        self.refused: set[str] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def at(self, path: str) -> list[Any]:
        """The bodies that were posted to a path."""
        return [each.body for each in self.posts if each.path == path]


class _Poster(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        server, answer = cast("WebServer", self.server), b'{"status":"success","ok":true}'
        if self.path in server.refused:
            self.send_response(403)
        else:
            server.posts.append(
                Post(self.path, self.headers.get("Authorization", ""), body, time.monotonic())
            )
            self.send_response(202 if "/v2/enqueue" in self.path else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@contextmanager
def serving(server: socketserver.BaseServer) -> Iterator[None]:
    """The server runs in a thread of its own."""
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
