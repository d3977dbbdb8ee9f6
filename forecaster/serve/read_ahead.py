"""Fetch the next item in another thread while the present one is worked on: the backend works meanwhile."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Generic, Self, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator

T = TypeVar("T")


class ReadAhead(Generic[T]):
    """Iterates over `items`, one ahead. What fetching raises is raised where its item is asked for.

    `settle` waits for a fetch that goes on: then nobody else uses what `items` uses. So does the end of the
    `with` block.
    """

    def __init__(self, items: Iterator[T]) -> None:
        self._items = items
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="read-ahead")
        self._next: Future[T | None] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.shutdown(wait=True)

    def __iter__(self) -> Iterator[T]:
        while (item := self._fetching().result()) is not None:
            self._next = self._thread.submit(next, self._items, None)
            yield item

    def settle(self) -> None:
        """Wait until nothing is fetched."""
        if self._next is not None:
            wait([self._next])

    def _fetching(self) -> Future[T | None]:
        if self._next is None:
            self._next = self._thread.submit(next, self._items, None)
        return self._next
