"""Turns: bounded, and fair whatever one client does."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.web.turns import TooMany, Turns, client_of

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Hashable


class Line:
    """Clients that ask for a turn, and the order in which they got one or were refused."""

    def __init__(self, turns: Turns) -> None:
        self.turns = turns
        self.served: list[Hashable] = []
        self.refused: list[Hashable] = []
        self._tasks: list[asyncio.Task[None]] = []

    async def come(self, *clients: Hashable) -> None:
        for client in clients:
            self._tasks.append(asyncio.create_task(self._wait(client)))
            await asyncio.sleep(0)
        await asyncio.sleep(0)

    async def end(self, *clients: Hashable) -> None:
        for client in clients:
            self.turns.give(client)
            await asyncio.sleep(0)
            await asyncio.sleep(0)

    async def leave(self, number: int) -> None:
        self._tasks[number].cancel()
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    async def _wait(self, client: Hashable) -> None:
        try:
            await self.turns.take(client)
        except TooMany:
            self.refused.append(client)
        else:
            self.served.append(client)


def run(case: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(case())


def test_at_most_so_many_are_in_progress_and_others_follow_in_order() -> None:
    async def case() -> None:
        line = Line(Turns(at_once=2, most=10, share=5))
        await line.come("a", "b", "c", "d")
        assert line.served == ["a", "b"]
        await line.end("b", "a")
        assert line.served == ["a", "b", "c", "d"]
        assert len(line.turns) == 2

    run(case)


def test_one_client_has_its_share_of_the_places() -> None:
    async def case() -> None:
        line = Line(Turns(at_once=1, most=4, share=2))
        await line.come("a", "a", "a", "b", "c")
        assert (line.served, line.refused) == (["a"], ["a"])

    run(case)


def test_who_has_nothing_in_progress_goes_first() -> None:
    async def case() -> None:
        line = Line(Turns(at_once=2, most=10, share=4))
        await line.come("a", "a", "a", "a", "b")
        await line.end("a")
        assert line.served == ["a", "a", "b"]

    run(case)


def test_a_newcomer_displaces_who_waits_most_and_nobody_else() -> None:
    async def case() -> None:
        line = Line(Turns(at_once=1, most=5, share=3))
        await line.come("a", "a", "a", "b", "b")
        assert line.refused == []
        await line.come("c")
        assert line.refused == ["a"]
        await line.come("d")
        assert line.refused == ["a", "b"]
        await line.come("e", "c")
        assert line.refused == ["a", "b", "a", "c"]

    run(case)


def test_who_is_to_blame_comes_last_and_leaves_first() -> None:
    async def case() -> None:
        line = Line(Turns(at_once=1, most=4, share=2))
        line.turns.blame("guesser")
        await line.come("a", "guesser", "b", "c")
        await line.end("a", "b")
        assert line.served == ["a", "b", "c"]
        await line.come("d", "e", "f")
        assert line.refused == ["guesser"]
        line.turns.forgive("guesser")
        await line.end("c", "d", "e")
        await line.come("guesser", "g")
        await line.end("f")
        assert line.served[-1] == "guesser"

    run(case)


def test_blame_is_bounded() -> None:
    turns = Turns(1, 1, 1)
    for number in range(10_000):
        turns.blame(number)
    assert len(turns._blame) == 4096
    assert 9_999 in turns._blame


def test_who_leaves_while_waiting_takes_no_turn() -> None:
    async def case() -> None:
        line = Line(Turns(at_once=1, most=4, share=2))
        await line.come("a", "b", "c")
        await line.leave(1)
        await line.end("a")
        assert line.served == ["a", "c"]
        line.turns.give("c")
        assert len(line.turns) == 0

    run(case)


def test_who_leaves_just_when_the_turn_comes_gives_it_to_the_next() -> None:
    async def case() -> None:
        line = Line(Turns(at_once=1, most=4, share=2))
        await line.come("a", "b", "c")
        line.turns.give("a")  # the turn is b's, who does not know yet
        await line.leave(1)
        await asyncio.sleep(0)
        assert line.served == ["a", "c"]
        assert len(line.turns) == 1

    run(case)


@given(st.lists(st.tuples(st.sampled_from("abcde"), st.booleans()), max_size=60))
def test_bounds_hold_and_nobody_is_lost(steps: list[tuple[str, bool]]) -> None:
    async def case() -> None:
        line = Line(Turns(at_once=2, most=6, share=3))
        ended = 0
        for client, comes in steps:
            if comes:
                await line.come(client)
            elif ended < len(line.served):
                await line.end(line.served[ended])
                ended += 1
            assert len(line.turns) <= 6
            assert len(line.served) - ended <= 2
            assert max(map(line.turns._here, "abcde")) <= 3
        while ended < len(line.served):
            await line.end(line.served[ended])
            ended += 1
        assert len(line.turns) == 0
        assert len(line.served) + len(line.refused) == sum(comes for _client, comes in steps)

    run(case)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("fe80::1%eth0", "fe80::2%eth0", True),
        ("", "", True),
        ("/run/virtcast.sock", "", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
    ],
)
def test_an_ipv6_network_of_64_bits_is_one_client(one: str, other: str, same: bool) -> None:
    assert (client_of(one) == client_of(other)) is same
