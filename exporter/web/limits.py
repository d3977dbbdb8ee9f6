"""Limits on what clients can consume: requests in progress, connections, memory, and time."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one server; times in seconds, sizes in bytes."""

    requests: int = 40
    """In progress on one route, from the start of the handler to its end. A handler that hangs thus blocks
    only its own route. As many may wait for their turn. One client can take at most half of them."""
    connections: int = 512
    header_bytes: int = 16 * 1024
    target_bytes: int = 8 * 1024
    """Of path and query; RFC 9112 recommends at least 8000."""
    body_bytes: int = 16 * 1024 * 1024
    """All incomplete request bodies together."""
    unread_bytes: int = 32 * 1024 * 1024
    """All answers that are being written, together; those that share their bytes count once."""
    header_seconds: float = 10.0
    """For a new connection to send its first request, TLS handshake included; for the next one after a
    refusal; and for any request's body."""
    idle_seconds: float = 75.0
    """Between two requests on one connection; longer than the usual scrape interval of one minute."""
    write_seconds: float = 30.0
    """For the client to read an answer."""
    stop_seconds: float = 5.0
    """For requests in progress to end when the server stops."""
    reload_seconds: float = 1.0
    """Between two checks whether the files of the web configuration have changed."""
