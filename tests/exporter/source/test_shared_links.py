"""Connections that calls share: never more calls on one than libvirt reads beside keepalive messages."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import pytest

from exporter.source import shared_links
from exporter.source.connection import Unreachable
from exporter.source.shared_links import CALLS, SharedLinks


class FakeLink:
    """A connection that is open from its first use until it is closed; it is its own virConnect."""

    uri = "test:///default"

    def __init__(self) -> None:
        self.is_open = False
        self.opened = 0

    def get(self) -> FakeLink:
        self.opened += not self.is_open
        self.is_open = True
        return self

    def release(self) -> None:
        self.is_open = False


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_links, "PATIENCE", 0.0)


def links(most: int) -> SharedLinks:
    made: Any = FakeLink
    return SharedLinks(made, most)


def test_one_connection_is_enough_while_calls_return() -> None:
    shared = links(3)
    for _ in range(10):
        with ExitStack() as calls:
            assert len({id(calls.enter_context(shared.use())) for _ in range(CALLS)}) == 1
    assert shared.opened == 1


def test_while_calls_hang_another_connection_is_opened_and_closed_in_the_end() -> None:
    shared = links(2)
    with ExitStack() as calls:
        used = [calls.enter_context(shared.use()) for _ in range(2 * CALLS)]
        assert [used.count(one) for one in dict.fromkeys(used)] == [CALLS, CALLS]
        with pytest.raises(Unreachable, match="wait for an answer"), shared.use():
            pass
    assert (used[0].is_open, used[-1].is_open) == (True, False)
    with shared.use() as again:
        assert again is used[0]


def test_a_host_that_is_not_reached_yet_gets_no_second_connection() -> None:
    shared = links(2)
    with ExitStack() as calls:
        opening = [calls.enter_context(shared.use()) for _ in range(CALLS)]
        opening[0].release()
        with pytest.raises(Unreachable, match="not been reached"), shared.use():
            pass
    assert shared.opened == 1


def test_a_call_that_raises_gives_its_place_back() -> None:
    shared = links(1)
    for _ in range(2 * CALLS):
        with pytest.raises(ValueError, match="odd"), shared.use():
            raise ValueError("odd")
