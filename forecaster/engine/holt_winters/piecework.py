"""Work in pieces: a generator that yields after each how many states it moved, and returns what it found.

Long work is done at once, or a little at a time; the result is the same.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeVar

Found = TypeVar("Found")
Pieces = Generator[int, None, Found]
OVERHEAD = 2000
"""States that could be moved in the time that a piece takes however few it moves."""


def finished(work: Pieces[Found]) -> Found:
    """All of the work at once."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            found: Found = end.value
            return found
