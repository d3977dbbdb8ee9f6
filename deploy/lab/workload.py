"""What guests do, as values; the fields are the words of guest/load.c. Times in seconds, sizes in KiB."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class Workload:
    """One kind of load. A guest runs at most one of each kind; starting another of the kind replaces it."""

    @classmethod
    def kind(cls) -> str:
        """The word for this kind inside the guest: the class name in snake case."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()

    def line(self) -> str:
        """The order to the guest: kind,parameter=value,…"""
        values = ((field.name, getattr(self, field.name)) for field in fields(self))
        return ",".join([self.kind(), *(f"{name}={_word(value)}" for name, value in values)])


def _word(value: object) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)


@dataclass(frozen=True, slots=True)
class CpuLoad(Workload):
    """Steady load of `percent` of every vCPU, in slices of 100 ms."""

    percent: float = 10


@dataclass(frozen=True, slots=True)
class CpuCycle(Workload):
    """Load that swings between low and high percent, lowest when Unix time = phase modulo period."""

    low_percent: float
    high_percent: float
    period_seconds: float
    phase_seconds: float = 0


@dataclass(frozen=True, slots=True)
class CpuBurst(Workload):
    """Load of `percent` for `seconds`, beginning `after_seconds` from boot (or from the order)."""

    seconds: float
    percent: float = 100
    after_seconds: float = 0


@dataclass(frozen=True, slots=True)
class MemoryLeak(Workload):
    """Allocates and touches memory up to `bound_kib`; then holds it or, with `repeat`, frees it and restarts.

    A bound beyond the guest's memory ends in the guest's OOM killer, and the leak begins anew, too.
    """

    kib_per_second: float
    bound_kib: float
    after_seconds: float = 0
    repeat: bool = False


@dataclass(frozen=True, slots=True)
class DiskFill(Workload):
    """Appends to a file on the disk and syncs, up to the bound (0: until the disk is full).

    Then it rests or, with `repeat`, deletes the file and begins anew. Stopped, it leaves the file; the next
    order begins with an empty one.
    """

    kib_per_second: float
    disk: str = "data"
    bound_kib: float = 0
    after_seconds: float = 0
    repeat: bool = False


@dataclass(frozen=True, slots=True)
class DirtyPages(Workload):
    """Writes to the pages of a buffer in turn, `mib_per_second` of them: what makes a live migration hard."""

    mib_per_second: float
    buffer_mib: float = 16
    after_seconds: float = 0


@dataclass(frozen=True, slots=True)
class NetworkTraffic(Workload):
    """Sends ICMP echo requests to the host's isolated bridge, which answers each: as much comes as went."""

    kib_per_second: float
    after_seconds: float = 0
