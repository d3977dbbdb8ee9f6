"""How long a migration that runs will still take."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from forecaster.migration.rounds import expected

if TYPE_CHECKING:
    from forecaster.migration.rounds import Link, Memory


class Course(NamedTuple):
    """Of a migration that runs: bytes that were sent; bytes per second that are sent now, and that the guest
    writes to: too low in the first passes, which are long.
    """

    sent: float
    rate: float
    dirty: float = 0.0


def seconds_left(memory: Memory, link: Link, course: Course) -> float:
    """Seconds until it ends; inf if it will not. Its own bandwidth counts where it is known, its own dirty
    rate where it is higher.

    >>> from forecaster.migration.rounds import Link, Memory
    >>> round(seconds_left(Memory(2e9), Link(1e8, 1e9, 1.0, 0.1), Course(5e8, 5e7)), 1)
    30.1
    """
    bandwidth = course.rate or link.bandwidth
    now = replace(link, bandwidth=bandwidth, unlimited=max(link.unlimited, bandwidth))
    whole = expected(replace(memory, dirty=max(course.dirty, memory.dirty)), now)
    if not whole.converges:
        return float("inf")
    return max(whole.transferred - course.sent, 0.0) / bandwidth + whole.downtime
