"""I/O threads of domains, from bulk statistics."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from exporter.snapshot.need import Need
from exporter.snapshot.units import NANOSECONDS, Field, values

if TYPE_CHECKING:
    from collections.abc import Mapping

IOTHREAD = Need("iothread")

_KEY = re.compile(r"iothread\.(\d+)\.")


@dataclass(frozen=True, slots=True)
class Iothread:
    """How an I/O thread polls: the longest time in seconds, and by what that time grows and shrinks."""

    number: int
    poll_max: float | None = None
    poll_grow: float | None = None
    poll_shrink: float | None = None

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> tuple[Iothread, ...]:
        """Each I/O thread by its number; numbers need not start at 1."""
        numbers = sorted({int(found[1]) for key in raw if (found := _KEY.match(key))})
        return tuple(cls(n, **values(raw, _IOTHREAD, f"iothread.{n}.")) for n in numbers)


_IOTHREAD = (
    Field("poll_max", "poll-max-ns", NANOSECONDS),
    Field("poll_grow", "poll-grow"),
    Field("poll_shrink", "poll-shrink"),
)
