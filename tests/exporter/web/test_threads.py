"""Blocking work outside the event loop."""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
import weakref
from typing import TYPE_CHECKING

import pytest

from exporter.web.threads import in_thread

from .conftest import until

if TYPE_CHECKING:
    from collections.abc import Callable


class Body:
    """Something large that a request refers to."""


def failing(body: Body) -> Callable[[], None]:
    def work() -> None:
        raise ValueError(repr(body))

    return work


async def failed(body: Body) -> None:
    try:
        await in_thread(failing(body))
    except ValueError:
        return
    pytest.fail("no error")


def test_the_result_comes_from_another_thread() -> None:
    assert asyncio.run(in_thread(threading.get_ident)) != threading.get_ident()


def test_what_ends_a_program_ends_the_work_only() -> None:
    with pytest.raises(RuntimeError, match=r"SystemExit\(3\)"):
        asyncio.run(in_thread(lambda: sys.exit(3)))


def test_an_error_keeps_nothing_alive() -> None:
    """What a failed request refers to must not wait for the garbage collection: it may be megabytes."""
    body = Body()
    alive = weakref.ref(body)
    gc.disable()
    try:
        asyncio.run(failed(body))
        del body
        assert until(lambda: alive() is None), "once the thread has ended"
    finally:
        gc.enable()
