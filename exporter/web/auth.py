"""Basic authentication with bcrypt hashes, at a bounded cost in CPU."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import secrets
from typing import TYPE_CHECKING

import bcrypt

from exporter.web.limits import Slots
from exporter.web.threads import in_thread

if TYPE_CHECKING:
    from collections.abc import Mapping

_MOST_WAITING = 16
_LONGEST_PASSWORD = 72  # bytes; bcrypt reads no further


class TooManyAttempts(Exception):  # noqa: N818 (the condition's name, not an error of the program)
    """Too many passwords are waiting to be checked."""


class BasicAuth:
    """The users of one configuration.

    One password is hashed at a time, and few may wait. Credentials that were right once are not hashed again,
    so wrong ones do not delay a scraper. An unknown user takes as long as a known one.
    """

    def __init__(self, users: Mapping[str, str]) -> None:
        self._hashes = {user.encode(): hashed.encode() for user, hashed in users.items()}
        self._costliest = max(self._hashes.values(), key=_cost, default=b"")
        self._accepted: set[bytes] = set()
        self._secret = secrets.token_bytes(32)
        self._one_at_a_time = asyncio.Lock()
        self._waiting = Slots(_MOST_WAITING)

    async def allows(self, authorization: str, client: str) -> bool:
        """Whether the Authorization header has a user and their password. Raises TooManyAttempts.

        One `client` can take at most half of the places in the queue.
        """
        if not self._hashes:
            return True
        user, password = _credentials(authorization)
        if user is None:
            return False
        digest = self._digest(user, password)
        if digest in self._accepted:
            return True
        if not self._waiting.take(client):
            raise TooManyAttempts
        try:
            async with self._one_at_a_time:
                return digest in self._accepted or await self._verified(user, password, digest)
        finally:
            self._waiting.give(client)

    async def _verified(self, user: bytes, password: bytes, digest: bytes) -> bool:
        hashed = self._hashes.get(user, self._costliest)
        right = await in_thread(lambda: bcrypt.checkpw(password, hashed))
        if not right or user not in self._hashes:
            return False
        self._accepted.add(digest)
        return True

    def _digest(self, user: bytes, password: bytes) -> bytes:
        parts = len(user).to_bytes(8) + user + password
        return hashlib.blake2b(parts, key=self._secret).digest()


def _credentials(authorization: str) -> tuple[bytes | None, bytes]:
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None, b""
    try:
        decoded = base64.b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError):
        return None, b""
    user, separator, password = decoded.partition(b":")
    return (user, password[:_LONGEST_PASSWORD]) if separator else (None, b"")


def _cost(hashed: bytes) -> int:
    return int(hashed.split(b"$")[2])
