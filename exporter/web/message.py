"""Requests and responses: plain values, so that handlers are tested without a server."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from exporter.web.json_body import DEEPEST, JSON, MOST_VALUES, parse
from exporter.web.query import Query

_COMPRESSION = 1  # metrics shrink to a tenth even at the lowest level, which takes the least CPU of the host


class WebError(Exception):
    """The server cannot run as configured. The message is one line."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request that its route allows.

    `path` is percent-encoded, as it was sent. `parameters` are the values of the parameters in the pattern of
    the route, decoded: they can contain any character, even a slash. Read `headers` by their usual spelling
    ("Accept"); those from the server are case-insensitive. `body` is empty if the route takes none.
    """

    path: str
    query: Query = field(default_factory=Query)
    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = "GET"
    parameters: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def json(self, *, most_values: int = MOST_VALUES, deepest: int = DEEPEST) -> JSON:
        """The body's JSON value. Raises a 400 or 413 Refusal, see `exporter.web.json_body.parse`."""
        return parse(self.body, most_values=most_values, deepest=deepest)


class Compressed:
    """A body by gzip, made when it is first needed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: bytes | None = None

    def of(self, body: bytes) -> bytes:
        with self._lock:
            if self._made is None:
                self._made = gzip.compress(body, compresslevel=_COMPRESSION, mtime=0)
            return self._made


@dataclass(frozen=True, slots=True)
class Response:
    """The answer of a handler.

    The server compresses the body if the reader accepts that, and adds the headers that every answer has.
    `headers` are further ones, such as "Vary": "Accept" if the body depends on the Accept header.
    """

    body: bytes
    content_type: str = "text/plain; charset=utf-8"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    _compressed: Compressed = field(default_factory=Compressed, repr=False, compare=False)

    def compressed(self) -> bytes:
        """The body by gzip; made once for a response and its copies with other headers."""
        return self._compressed.of(self.body)


Handler = Callable[[Request], Response]
"""An ordinary function that may block; it runs in a thread of its own, never on the event loop.

It raises Refusal to answer with an error. Any other exception is answered with 500, without its text.
"""
