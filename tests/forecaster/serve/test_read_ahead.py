"""One item ahead: in order, with what fetching raises, and nothing under way when it matters."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from forecaster.serve.read_ahead import ReadAhead

if TYPE_CHECKING:
    from collections.abc import Iterator


def test_the_next_item_is_fetched_while_the_present_one_is_worked_on() -> None:
    fetched = [threading.Event() for _ in range(3)]

    def items() -> Iterator[int]:
        for number, event in enumerate(fetched):
            event.set()
            yield number

    with ReadAhead(items()) as ahead:
        for number in ahead:
            assert number == 2 or fetched[number + 1].wait(20)


def test_items_come_in_order_and_end() -> None:
    with ReadAhead(iter(range(1, 50))) as ahead:
        assert list(ahead) == list(range(1, 50))


def test_an_error_comes_after_the_items_before_it() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise ZeroDivisionError

    got: list[int] = []
    with pytest.raises(ZeroDivisionError), ReadAhead(items()) as ahead:
        got.extend(ahead)
    assert got == [1]


def test_settled_nothing_is_fetched_and_no_more_than_one_is_ahead() -> None:
    fetched: list[int] = []

    def items() -> Iterator[int]:
        for number in range(10):
            fetched.append(number)
            yield number

    with ReadAhead(items()) as ahead:
        for number in ahead:
            ahead.settle()
            assert fetched == list(range(min(10, number + 2)))
            if number == 5:
                break
    assert fetched == list(range(7))
