"""The memory of a guest as a migration will find it, from what is known before it begins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from forecaster.migration.past import memory_of
from forecaster.migration.rounds import Memory

if TYPE_CHECKING:
    from forecaster.migration.past import Past

EMULATOR = 140 * 2.0**20  # bytes of its process beside the guest's memory: deploy/bench/migrations.py, emulated
CHANGED = 2.0  # times by which a measured dirty rate differs from that of past migrations if the load changed


@dataclass(frozen=True)
class Known:
    """Of a VM; bytes, bytes per second; None = not known.

    `free` is the lowest free memory in the guest, `resident` the resident memory of its process, `dirty` the
    median of the dirty rates that libvirt measured; `past` are its migrations, the latest first.
    """

    memory: float
    free: float | None = None
    resident: float | None = None
    dirty: float | None = None
    past: tuple[Past, ...] = ()


def memory(known: Known) -> Memory | None:
    """What the guest has touched, and how it writes; None while nothing tells how it writes."""
    seen = max((memory_of(each) for each in known.past), key=lambda each: each.dirty, default=None)
    measured = known.dirty
    if seen is None or (measured is not None and _differ(measured, seen.dirty)):
        return None if measured is None else Memory(touched(known), measured)
    return Memory(touched(known), seen.dirty, seen.written)


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
