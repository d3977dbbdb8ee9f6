"""Basic authentication with bcrypt hashes, at a bounded cost in CPU."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import bcrypt

from exporter.web.threads import in_thread
from exporter.web.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_MOST_WAITING = 64
_SHARE = 8  # of one client
_LONGEST_PASSWORD = 72  # bytes; bcrypt reads no further


@dataclass(frozen=True)
class Memory:
    """What outlives a change of the configuration: the credentials that were right, and who waits."""

    secret: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    accepted: set[bytes] = field(default_factory=set, repr=False)
    turns: Turns = field(default_factory=lambda: Turns(1, _MOST_WAITING, _SHARE))

    def digest(self, *parts: bytes) -> bytes:
        """A hash that cannot be made without the secret."""
        joined = b"".join(len(part).to_bytes(8) + part for part in parts)
        return hashlib.blake2b(joined, key=self.secret).digest()


class BasicAuth:
    """The users of one configuration.

    One password is hashed at a time, and few may wait: those of clients that were wrong before wait for the
    others. Credentials that were right once are not hashed again, so wrong ones do not delay a scraper. An
    unknown user takes as long as a known one.
    """

    def __init__(self, users: Mapping[str, str], memory: Memory | None = None) -> None:
        self.memory = memory or Memory()
        self._hashes = {user.encode(): hashed.encode() for user, hashed in users.items()}
        self._costliest = max(self._hashes.values(), key=_cost, default=b"")

    @property
    def asks(self) -> bool:
        """Whether there are users, so that a password is needed."""
        return bool(self._hashes)

    async def allows(self, authorization: str, client: str) -> bool:
        """Whether the Authorization header has a user and their password. Raises TooMany."""
        if not self.asks:
            return True
        user, password = _credentials(authorization)
        if user is None:
            return False
        hashed = self._hashes.get(user, self._costliest)
        digest = self.memory.digest(user, password, hashed)
        if digest in self.memory.accepted:
            return True
        turns = self.memory.turns
        await turns.take(client)
        try:
            right = digest in self.memory.accepted or await in_thread(
                lambda: bcrypt.checkpw(password, hashed)
            )
            right = right and user in self._hashes
            if right:
                self.memory.accepted.add(digest)
            (turns.forgive if right else turns.blame)(client)
            return right
        finally:
            turns.give(client)


@dataclass(frozen=True, slots=True, eq=False)
class BearerToken:
    """What a route asks for in place of a user and password (RFC 6750); `read` gives the token in force.

    Who has it may use that route and no other; a user may not use that route.
    """

    read: Callable[[], str] = field(repr=False)

    async def allows(self, authorization: str) -> bool:
        """Whether the Authorization header has the token."""
        scheme, _, given = authorization.partition(" ")
        if scheme.lower() != "bearer":
            return False
        wanted = await in_thread(self.read)
        return hmac.compare_digest(given.strip().encode(errors="replace"), wanted.encode())


def user_of(authorization: str) -> str:
    """The user that the Authorization header names; empty if it names none."""
    user, _ = _credentials(authorization)
    return (user or b"").decode(errors="replace")


def _credentials(authorization: str) -> tuple[bytes | None, bytes]:
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None, b""
    try:
        decoded = base64.b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError):
        return None, b""
    user, separator, password = decoded.partition(b":")
    if not separator or b"\0" in password:  # no bcrypt hash has a password with NUL; old versions raise
        return None, b""
    return user, password[:_LONGEST_PASSWORD]


def _cost(hashed: bytes) -> int:
    return int(hashed.split(b"$")[2])
