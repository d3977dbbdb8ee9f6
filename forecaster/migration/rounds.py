"""Pre-copy, pass after pass: how a migration goes with this memory over this link.

The first pass sends all memory that the guest has touched. Each further one sends what the guest wrote to
during the one before. When what is left can be sent within the downtime limit, the guest is stopped, the rest
is sent without a limit of bandwidth, and the destination takes over.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

DOWNTIME_LIMIT = 0.3  # seconds: QEMU's default of downtime-limit
LEFT = 0.5  # of what may be left, that is left in the mean: deploy/bench/migrations.py, guests of calibration
SLICE = 0.1  # seconds for which QEMU measures out its bandwidth; it looks at what is left after each
MOST_PASSES = 500  # a guest that writes at nearly the bandwidth; QEMU itself never gives up


@dataclass(frozen=True)
class Memory:
    """Of a guest: bytes that it has touched, that it writes to per second, and that it writes to at all."""

    touched: float
    dirty: float = 0.0
    written: float = float("inf")

    def dirtied(self, seconds: float) -> float:
        """Bytes that differ after this time."""
        return min(self.dirty * seconds, self.written, self.touched)


@dataclass(frozen=True)
class Link:
    """Between two hosts: bytes per second with the limit, and without; seconds before the first byte, and of
    downtime beside the transfer.
    """

    bandwidth: float
    unlimited: float
    preparation: float
    handover: float


class Expected(NamedTuple):
    """A migration that begins now; seconds, bytes. The figures of one that does not converge mean nothing."""

    seconds: float
    downtime: float
    transferred: float
    passes: int
    converges: bool


def expected(memory: Memory, link: Link, limit: float = DOWNTIME_LIMIT) -> Expected:
    """How a migration goes.

    >>> idle = Memory(touched=2e9)
    >>> round(expected(idle, Link(1e8, 1e9, preparation=1.0, handover=0.1)).seconds, 1)
    21.0
    """
    rest = link.bandwidth * limit  # what may be left when the guest is stopped
    sent, passes, waiting = 0.0, 0, memory.touched
    while waiting > link.bandwidth * SLICE / 2 and passes < MOST_PASSES:
        sent += waiting
        passes += 1
        # What may be left is among what the guest writes to: only beyond that more must be sent.
        waiting = min(memory.dirtied(waiting / link.bandwidth), memory.written - rest)
    last = min(LEFT * rest, memory.touched)
    downtime = last / link.unlimited + link.handover
    seconds = link.preparation + (sent - last) / link.bandwidth + downtime
    return Expected(seconds, downtime, sent, passes, passes < MOST_PASSES)
