"""A libvirt host at one moment; what libvirt did not report is None or missing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar, overload

from exporter.snapshot.backup import NO_BACKUPS, Backups
from exporter.snapshot.event import Events
from exporter.snapshot.migration import Migrations

if TYPE_CHECKING:
    from collections.abc import Mapping

    from exporter.snapshot.connection import Connection
    from exporter.snapshot.domain import Domain
    from exporter.snapshot.need import Reading

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ReadingState:
    """How a reading is doing. `updated` is the Unix time of its last success; None before the first.

    `skipped` counts items that could not be read.
    """

    name: str
    updated: float | None
    failures: int
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One libvirt host. `readings` has the values of readings; see `get`. `at` is the Unix time."""

    connection: Connection
    domains: tuple[Domain, ...] = ()
    migrations: Migrations = field(default_factory=Migrations)
    backups: Backups = NO_BACKUPS
    events: Events = field(default_factory=Events)
    readings: Mapping[Reading[Any], Any] = field(default_factory=dict)
    reading_states: tuple[ReadingState, ...] = ()
    at: float = 0.0

    @overload
    def get(self, reading: Reading[T]) -> T | None: ...
    @overload
    def get(self, reading: Reading[T], default: T) -> T: ...
    def get(self, reading: Reading[T], default: T | None = None) -> T | None:
        """The value of a reading; `default` if it was not needed, failed, or is too old."""
        value: T | None = self.readings.get(reading, default)
        return value
