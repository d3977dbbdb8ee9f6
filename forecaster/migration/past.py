"""What migrations that ended tell of the guest's memory and of the link between the hosts."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from forecaster.migration.rounds import DOWNTIME_LIMIT, LEFT, Link, Memory, expected

if TYPE_CHECKING:
    from collections.abc import Sequence

HALVINGS = 40  # of the interval in which the working set is searched


class Past(NamedTuple):
    """A migration that succeeded: seconds, bytes, bytes per second. `constant` are bytes of pages of one
    repeated byte, which cost next to nothing; `dirty` is None if it was not measured.
    """

    seconds: float
    downtime: float
    transferred: float
    total: float
    constant: float
    rate: float
    dirty: float | None = None

    @property
    def touched(self) -> float:
        """What the first pass sent."""
        return min(max(self.total - self.constant, 0.0), self.transferred)

    @property
    def preparation(self) -> float:
        """Seconds before the first byte."""
        return max(self.seconds - self.transferred / self.rate, 0.0)


def written_of(past: Past, dirty: float) -> float:
    """Bytes that the guest writes to at all, such that passes over a guest that writes `dirty` bytes per
    second come to what was transferred; inf if it was over before the guest wrote to the same pages again.
    """
    link = Link(past.rate, past.rate, 0.0, 0.0)
    if dirty >= past.rate or expected(Memory(past.touched, dirty), link).transferred <= past.transferred:
        return float("inf")
    low, high = 0.0, past.touched
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        sent = expected(Memory(past.touched, dirty, middle), link).transferred
        low, high = (middle, high) if sent < past.transferred else (low, middle)
    return high


def link_of(past: Sequence[Past], bandwidth: float | None = None) -> Link:
    """The link of hosts between which these migrations went, at least one; `bandwidth` is the limit of the
    next one, None without.

    Without a limit it is as fast as the faster ones were; others may have been limited.
    """
    fastest = max(each.rate for each in past)
    unlimited = median(each.rate for each in past if each.rate >= fastest / 2)
    handovers = (each.downtime - LEFT * DOWNTIME_LIMIT * each.rate / unlimited for each in past)
    return Link(
        min(bandwidth or unlimited, unlimited),
        unlimited,
        median(each.preparation for each in past),
        max(median(handovers), 0.0),
    )
