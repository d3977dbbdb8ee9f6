"""Which connections and bodies make room, and which are kept."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, cast

from exporter.web.connections import Connections
from exporter.web.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Callable

    from tornado.iostream import IOStream


class Stream:
    def __init__(self) -> None:
        self.is_closed = False

    def close(self) -> None:
        self.is_closed = True

    def writing(self) -> bool:
        return False


def opened(connections: Connections, count: int, client: str = "a") -> list[IOStream]:
    streams = [cast("IOStream", Stream()) for _ in range(count)]
    for each in streams:
        connections.opened(each, client)
    return streams


def closed(streams: list[IOStream]) -> list[bool]:
    return [cast("Stream", each).is_closed for each in streams]


def within(limits: Limits, scenario: Callable[[Connections], None]) -> None:
    """Play it on an event loop, which the timers need."""

    async def play() -> None:
        scenario(Connections(limits))

    asyncio.run(play())


def test_a_body_comes_in_pieces() -> None:
    def scenario(connections: Connections) -> None:
        (stream,) = opened(connections, 1)
        assert [connections.received(stream, piece) for piece in (b"ab", b"", b"c")] == [2, 2, 3]
        assert connections.complete(stream) == b"abc"
        connections.ended(stream)
        assert connections.received(stream, b"d") == 1, "the next request's"
        assert connections.complete(stream) == b"d"

    within(Limits(), scenario)


def test_the_oldest_incomplete_bodies_make_room() -> None:
    def scenario(connections: Connections) -> None:
        streams = opened(connections, 4)
        for each in streams[1:]:
            connections.received(each, b"1234")
        assert closed(streams) == [False, True, False, False]
        assert connections.complete(streams[2]) == b"1234"
        connections.received(streams[3], b"56789")
        assert closed(streams) == [False, True, False, False], "complete bodies are not counted"
        assert connections.received(streams[1], b"late") == 0
        connections.received(streams[3], b"0")
        assert closed(streams) == [False, True, False, False]
        connections.received(streams[3], b"1")
        assert closed(streams) == [False, True, False, True], "too much for all is too much for one"

    within(Limits(body_bytes=10), scenario)


def test_dropped_and_closed_bodies_are_not_counted() -> None:
    def scenario(connections: Connections) -> None:
        streams = opened(connections, 3)
        for each in streams[:2]:
            connections.received(each, b"1234")
        connections.drop_body(streams[0])
        connections.closed(streams[1])
        connections.received(streams[2], b"1234567890")
        assert closed(streams) == [False, False, False]
        assert len(connections) == 2

    within(Limits(body_bytes=10), scenario)


def test_the_oldest_connection_without_a_request_makes_room() -> None:
    def scenario(connections: Connections) -> None:
        streams = opened(connections, 2)
        connections.complete(streams[0])
        streams += opened(connections, 1)
        assert closed(streams) == [False, True, False]
        connections.ended(streams[0])
        streams += opened(connections, 1)
        assert closed(streams) == [True, True, False, False]

    within(Limits(connections=2), scenario)


def test_the_client_with_the_most_connections_makes_room() -> None:
    def scenario(connections: Connections) -> None:
        seldom = opened(connections, 1, "seldom")
        often = opened(connections, 2, "often")
        often += opened(connections, 1, "often")
        assert (closed(seldom), closed(often)) == ([False], [True, False, False])
        connections.complete(often[1])
        connections.complete(often[2])
        opened(connections, 1, "new")
        assert closed(seldom) == [True], "those of the other one are in use"

    within(Limits(connections=3), scenario)


def test_where_all_are_in_use_a_newcomer_is_closed() -> None:
    def scenario(connections: Connections) -> None:
        (busy,) = opened(connections, 1)
        connections.complete(busy)
        newcomer = Stream()
        assert not connections.opened(cast("IOStream", newcomer), "b")
        assert (closed([busy]), newcomer.is_closed, len(connections)) == ([False], True, 1)

    within(Limits(connections=1), scenario)


def test_answers_that_share_their_bytes_count_once() -> None:
    def scenario(connections: Connections) -> None:
        streams = opened(connections, 4)
        shared = b"12345678"
        connections.answers(streams[0], shared)
        connections.answers(streams[1], shared)
        connections.written(streams[0])
        connections.answers(streams[2], b"12")
        assert closed(streams) == [False] * 4
        connections.answers(streams[3], b"3")
        assert closed(streams) == [False, True, False, False]
        connections.answers(streams[0], b"1234567")
        assert closed(streams) == [False, True, False, False]
        assert connections.writing == 3

    within(Limits(unread_bytes=10), scenario)


def test_a_pause_ends_with_its_connection() -> None:
    async def play() -> None:
        connections, resumed = Connections(Limits()), asyncio.Event()
        (stream,) = opened(connections, 1)
        connections.resume(stream, resumed.set, 0.0)
        assert resumed.is_set()
        before = sys.getrefcount(resumed)
        connections.resume(stream, resumed.set, 3600.0)
        assert sys.getrefcount(resumed) > before
        connections.closed(stream)
        assert sys.getrefcount(resumed) == before
        connections.resume(stream, resumed.set, 3600.0)
        assert sys.getrefcount(resumed) == before

    asyncio.run(play())
