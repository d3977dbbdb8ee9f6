"""Limits on what clients can consume: requests in progress, connections, memory, and time."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one server; times in seconds, sizes in bytes."""

    requests: int = 40
    """In progress on one route, from the start of the handler until the answer is written. A handler that
    hangs thus blocks only its own route. One client can take at most half of them."""
    connections: int = 512
    header_bytes: int = 16 * 1024
    target_bytes: int = 8 * 1024
    """Of path and query; RFC 9112 recommends at least 8000."""
    body_bytes: int = 16 * 1024 * 1024
    """All incomplete request bodies together."""
    header_seconds: float = 10.0
    """For a new connection to send its first request, TLS handshake included; and for any request's body."""
    idle_seconds: float = 75.0
    """Between two requests on one connection; longer than the usual scrape interval of one minute."""
    write_seconds: float = 30.0
    """For the client to read an answer."""
    stop_seconds: float = 5.0
    """For requests in progress to end when the server stops."""
    reload_seconds: float = 1.0
    """Between two checks whether the files of the web configuration have changed."""


class Slots:
    """What may be in progress at once, counted by client: requests on one route, passwords to check."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._by_client: Counter[str] = Counter()

    def __len__(self) -> int:
        return self._by_client.total()

    def take(self, client: str) -> bool:
        """Whether `client` may start now. If so, `give` must follow."""
        if len(self) >= self._limit or self._by_client[client] >= max(1, self._limit // 2):
            return False
        self._by_client[client] += 1
        return True

    def give(self, client: str) -> None:
        self._by_client[client] -= 1
        if not self._by_client[client]:
            del self._by_client[client]
