"""The memory of a guest as a migration will find it, from what is known before it begins."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING

from forecaster.migration.past import written_of
from forecaster.migration.rounds import Memory

if TYPE_CHECKING:
    from collections.abc import Iterable

    from forecaster.migration.past import Past

EMULATOR = (
    140 * 2.0**20
)  # bytes of its process beside the guest's memory: deploy/bench/migrations.py, emulated
LASTING = 30.0  # seconds of a long measurement of the exporter
SATURATED = 0.75  # of what it would write in that time, below which it wrote to the same pages again
WHOLE = 2.0**20  # bytes per second: libvirt gives dirty rates as whole MiB/s, rounded down
CHANGED = (
    3.0  # times by which a measured dirty rate differs from that of past migrations if the load changed;
)
# measurements sample few pages of a small guest, and are often half or twice the rate
REPEATED = 1.1  # times what a migration counted, at most: a page that is written again within a pass counts
# once. Chosen by the migrations of tests/forecaster/bench and another sixty of the same guests.


@dataclass(frozen=True)
class Known:
    """Of a VM; bytes, bytes per second; None = not known.

    `free` is the lowest free memory in the guest, `resident` the resident memory of its process. `dirty` is
    the median of the dirty rates that libvirt measured for a second, `lasting` of those that it measured for
    LASTING seconds. `past` are its migrations.
    """

    memory: float
    free: float | None = None
    resident: float | None = None
    dirty: float | None = None
    lasting: float | None = None
    past: tuple[Past, ...] = ()


def memory(known: Known) -> Memory | None:
    """What the guest has touched, and how it writes; None while nothing tells how it writes."""
    seen = max((each.dirty for each in known.past if each.dirty is not None), default=None)
    changed = seen is not None and known.dirty is not None and _differ(seen, known.dirty)
    dirty = known.dirty
    if seen is not None and not changed:  # a migration counts every page
        dirty = max(seen, min(known.dirty or 0.0, REPEATED * seen))
    if dirty is None:
        return None
    return Memory(touched(known), dirty, _written(known, dirty, () if changed else known.past))


def _written(known: Known, dirty: float, past: Iterable[Past]) -> float:
    """Bytes that the guest writes to at all: by the longest migration, or by a long measurement."""
    longest = max(past, key=lambda each: each.touched / each.rate, default=None)
    found = float("inf") if longest is None else written_of(longest, dirty)
    if isfinite(found) or known.lasting is None:
        return found
    lasting = known.lasting + WHOLE / 2
    return LASTING * lasting if lasting < SATURATED * dirty else found


def touched(known: Known) -> float:
    """Bytes of pages that are not as they were when the guest was made. Each source may tell too little."""
    found = [each.touched for each in known.past]
    if known.free is not None:
        found.append(known.memory - known.free)
    if known.resident is not None:
        found.append(known.resident - EMULATOR)
    return min(max(found, default=known.memory), known.memory)


def _differ(one: float, other: float) -> bool:
    """Whether two rates are of different loads; what is below a MiB a second is none."""
    least = 2.0**20
    low, high = sorted((max(one, least), max(other, least)))
    return high > CHANGED * low
