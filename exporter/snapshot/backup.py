"""Backup jobs that ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from exporter.snapshot.job import Job

RESULTS = ("success", "failed", "cancelled")


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup job that ended at Unix time `ended`; `job` has libvirt's final statistics of it."""

    uuid: str
    domain: str
    result: str
    ended: float
    job: Job


@dataclass(frozen=True, slots=True)
class Backups:
    """Backup jobs since the exporter started: counts by result, and the last one by domain and result."""

    counts: Mapping[str, int]
    last: tuple[Backup, ...] = ()


NO_BACKUPS = Backups(dict.fromkeys(RESULTS, 0))
