"""Blocking work outside the event loop."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


async def in_thread(work: Callable[[], T]) -> T:
    """`work()` in a thread of its own.

    The caller limits how many there are. The threads are daemons: a handler that never returns must not keep
    the program from ending, as the threads of an executor would.
    """
    future: concurrent.futures.Future[T] = concurrent.futures.Future()
    future.set_running_or_notify_cancel()
    threading.Thread(target=_settle, args=(future, work), name="web", daemon=True).start()
    try:
        return await asyncio.wrap_future(future)
    finally:
        del future, work  # see below


def _settle(future: concurrent.futures.Future[T], work: Callable[[], T]) -> None:
    try:
        future.set_result(work())
    except BaseException as error:  # noqa: BLE001 (whatever the work raises is for the waiting request to see)
        future.set_exception(error if isinstance(error, Exception) else RuntimeError(repr(error)))
    finally:
        # The exception refers to this frame: without this, a cycle would keep what `work` refers to (the body
        # of a request, say) until the next garbage collection.
        del future, work
