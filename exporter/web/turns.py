"""Who may go on, when not all can: bounded, and fair among clients."""

from __future__ import annotations

import asyncio
import ipaddress
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable

_MOST_BLAMED = 4096  # clients whose faults are remembered
_MOST_ADDRESSES = 4096  # for which it is remembered what counts as one client


class TooMany(Exception):  # noqa: N818 (a condition, not an error of the program)
    """The client has its share already, or too many others wait."""


class Turns:
    """At most `at_once` are in progress, others wait in line, and `most` are here altogether.

    One client has at most `share` of the places. The next turn goes to a client without blame, of these to
    one with the fewest in progress, of these to the one that waits longest. A newcomer displaces a client
    that is more to blame or has more waiting. Who comes all the time thus waits for who comes seldom.
    """

    def __init__(self, at_once: int, most: int, share: int) -> None:
        self._at_once, self._most, self._share = at_once, most, share
        self._running: Counter[Hashable] = Counter()
        self._waiting: dict[asyncio.Future[None], Hashable] = {}  # in the order of arrival
        self._blame: dict[Hashable, int] = {}

    def __len__(self) -> int:
        return self._running.total() + len(self._waiting)

    async def take(self, client: Hashable) -> None:
        """Return when it is the client's turn; `give` must follow. Raises TooMany."""
        if self._here(client) >= self._share or (len(self) >= self._most and not self._displaced_for(client)):
            raise TooMany
        place = asyncio.get_running_loop().create_future()
        self._waiting[place] = client
        self._go_on()
        try:
            await place
        except BaseException:
            if self._waiting.pop(place, None) is None and place.done() and not place.cancelled():
                self._ended(client, place)
            raise

    def give(self, client: Hashable) -> None:
        """The turn is over."""
        self._running[client] -= 1
        if not self._running[client]:
            del self._running[client]
        self._go_on()

    def blame(self, client: Hashable) -> None:
        """The client did what those do who try to be in the way; it comes after others from now on."""
        self._blame[client] = self._blame.pop(client, 0) + 1
        if len(self._blame) > _MOST_BLAMED:
            del self._blame[next(iter(self._blame))]

    def forgive(self, client: Hashable) -> None:
        """The client is as good as a new one."""
        self._blame.pop(client, None)

    def _ended(self, client: Hashable, place: asyncio.Future[None]) -> None:
        """The waiting was cancelled; if the turn had come meanwhile, another one gets it."""
        if place.exception() is None:
            self.give(client)

    def _here(self, client: Hashable) -> int:
        return self._running[client] + sum(other == client for other in self._waiting.values())

    def _go_on(self) -> None:
        while self._waiting and self._running.total() < self._at_once:
            place, client = min(self._waiting.items(), key=lambda item: self._rank(item[1]))
            del self._waiting[place]
            if not place.done():
                self._running[client] += 1
                place.set_result(None)

    def _rank(self, client: Hashable) -> tuple[int, int]:
        return self._blame.get(client, 0), self._running[client]

    def _displaced_for(self, client: Hashable) -> bool:
        """Whether another client had to leave the line."""
        waiting = Counter(self._waiting.values())
        last = max(reversed(self._waiting), key=lambda place: self._burden(place, waiting), default=None)
        mine = self._blame.get(client, 0), self._here(client) + 1
        if last is None or self._burden(last, waiting) <= mine:
            return False
        del self._waiting[last]
        last.set_exception(TooMany())
        return True

    def _burden(self, place: asyncio.Future[None], waiting: Counter[Hashable]) -> tuple[int, int]:
        client = self._waiting[place]
        return self._blame.get(client, 0), self._running[client] + waiting[client]


@lru_cache(_MOST_ADDRESSES)
def client_of(address: str) -> str:
    """What counts as one client: an IPv4 address, or an IPv6 network of 64 bits, which one host can have.

    A socket that serves IPv6 gives an IPv4 address as a part of an IPv6 address; it counts as itself.
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if found.version == 4:
        return address
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((int(found), 64), strict=False).network_address)
