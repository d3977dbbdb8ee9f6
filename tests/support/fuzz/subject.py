"""What is tried: seeds, a function that reads a variant, and what it may raise."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    Read = Callable[[bytes], str]

CANARY = "CaNaRy/secret+17"  # no word of a configuration, so that no message may repeat it


@dataclass(frozen=True)
class Subject:
    """`opened` gives the function, which returns what it showed people; `grows` if its time is taken."""

    name: str
    seeds: tuple[bytes, ...]
    opened: Callable[[], AbstractContextManager[Read]]
    raises: tuple[type[Exception], ...] = ()
    grows: bool = True


def simply(read: Read) -> Callable[[], AbstractContextManager[Read]]:
    """For a function that needs nothing around it."""

    @contextmanager
    def opened() -> Iterator[Read]:
        yield read

    return opened
