"""The row of a reading: how the source serves it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from exporter.source.calls import Listed, Skips
from exporter.source.reader import EACH_SCRAPE, Timing

if TYPE_CHECKING:
    from exporter.snapshot.need import Reading

T = TypeVar("T")

Connection = Any  # libvirt.virConnect
Domains = Callable[[], Mapping[str, Listed]]  # the running domains by UUID
Undo = Callable[[], object]
Watch = Callable[[Connection, Callable[[], None]], Iterable[Undo]]


def nothing(_connection: Connection, _changed: Callable[[], None]) -> Iterable[Undo]:
    """No event tells of a change."""
    return ()


@dataclass(frozen=True, slots=True)
class Remote(Generic[T]):
    """Read from libvirt by `call(connection, skips)`, which reads items one by one with `skips.answer`.

    `watch(connection, changed)` has `changed` called when the value may be another.
    """

    reading: Reading[T]
    call: Callable[[Connection, Skips], T]
    timing: Timing
    watch: Watch = nothing


@dataclass(frozen=True, slots=True)
class Local(Generic[T]):
    """Read from this machine; `of(uri, domains)` makes the function that reads."""

    reading: Reading[T]
    of: Callable[[str, Domains], Callable[[], T]]
    timing: Timing = EACH_SCRAPE
