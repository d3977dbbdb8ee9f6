"""What a page is asked and what it answers; plain values, so pages are tested without a server."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass


class WebError(Exception):
    """The server cannot run as asked; one line says why."""


@dataclass(frozen=True, slots=True)
class Request:
    """A GET or HEAD request.

    `query` holds the first value of each parameter. Read `headers` by their usual spelling ("Accept"); those
    from the server are case-insensitive.
    """

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Response:
    """What a page answers; the server compresses it where the reader accepts that."""

    body: bytes
    content_type: str = "text/plain; charset=utf-8"
    status: int = 200


Handler = Callable[[Request], Response]
"""A page: an ordinary function that may block; it runs in a thread of its own, never on the event loop."""
