"""A webhook receiver: keeps what Alertmanager delivers over HTTP, one JSON document a line."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

LARGEST_NOTIFICATION = 1 << 20


@dataclass(frozen=True, slots=True)
class Notification:
    """One alert as Alertmanager delivered it."""

    received: float
    status: str
    labels: dict[str, str]


def read_notifications(inbox: Path) -> list[Notification]:
    """All notifications delivered so far, oldest first."""
    if not inbox.exists():
        return []
    posts = [json.loads(line) for line in inbox.read_text().splitlines()]
    return [
        Notification(post["received"], alert["status"], alert["labels"])
        for post in posts
        for alert in post["notification"]["alerts"]
    ]


def serve(port: int, inbox: Path) -> None:
    """Append every notification posted to http://127.0.0.1:`port`/ to `inbox` until ended."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(200)

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            if length > LARGEST_NOTIFICATION:
                self._answer(413)
                return
            post: dict[str, Any] = {
                "received": time.time(),
                "notification": json.loads(self.rfile.read(length)),
            }
            with inbox.open("a") as file:
                file.write(json.dumps(post) + "\n")
            self._answer(200)

        def _answer(self, status: int) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()


if __name__ == "__main__":
    serve(int(sys.argv[1]), Path(sys.argv[2]))
