"""Live migrations that ended, at either end."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from exporter.metric import Distribution
    from exporter.snapshot.job import Job


class Direction(StrEnum):
    """Which end of a migration this host was."""

    OUTGOING = "outgoing"
    INCOMING = "incoming"


class Result(StrEnum):
    """How a migration ended."""

    SUCCESS = "success"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Migration:
    """A migration that ended at Unix time `ended`; `job` has libvirt's final statistics, if there are any."""

    uuid: str
    domain: str
    direction: Direction
    result: Result
    ended: float
    job: Job | None = None


NO_MIGRATIONS = {(direction, result): 0 for direction in Direction for result in Result}


@dataclass(frozen=True, slots=True)
class Migrations:
    """Migrations since the exporter started; the distributions are of successful ones, by direction."""

    counts: Mapping[tuple[Direction, Result], int] = field(default_factory=lambda: dict(NO_MIGRATIONS))
    durations: Mapping[Direction, Distribution] = field(default_factory=dict)
    downtimes: Mapping[Direction, Distribution] = field(default_factory=dict)
    transferred: Mapping[Direction, Distribution] = field(default_factory=dict)
    last: tuple[Migration, ...] = ()
