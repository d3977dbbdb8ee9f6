"""What a handler is asked and what it answers: plain values, so handlers are tested without a server."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from exporter.web.json_body import DEEPEST, JSON, MOST_VALUES, parse
from exporter.web.query import Query


class WebError(Exception):
    """The server cannot run as asked; one line says why."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request that the route's row allows.

    `path` is percent-encoded, as it was sent. `parameters` are the values of the pattern's parameters,
    decoded: they may hold any character, a slash too. Read `headers` by their usual spelling ("Accept");
    those from the server are case-insensitive. `body` is empty where the route takes none.
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


@dataclass(frozen=True, slots=True)
class Response:
    """What a handler answers.

    The server compresses the body where the reader accepts that, and adds the headers that every answer has;
    `headers` are those beyond ("Vary": "Accept", where the body depends on the Accept header).
    """

    body: bytes
    content_type: str = "text/plain; charset=utf-8"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


Handler = Callable[[Request], Response]
"""An ordinary function that may block; it runs in a thread of its own, never on the event loop.

It raises Refusal to answer with an error. Any other exception is a 500 that says nothing of its cause.
"""
