"""What is kept of a domain's past: snapshots, checkpoints (changed-block tracking), the last backup."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from exporter.snapshot.job import Job

# Read off the text: the XML holds the whole domain, and in it metadata of any quality. Ours comes first.
_CREATED = re.compile(r"<creationTime>(\d+)</creationTime>")
_SIZE = re.compile(r"<disk [^>]*\bsize='(\d+)'")


@dataclass(frozen=True, slots=True)
class Points:
    """Snapshots or checkpoints; Unix times. `current` is the name of the one the domain builds upon."""

    count: int
    current: str | None = None
    oldest: float | None = None
    newest: float | None = None

    @classmethod
    def of(cls, count: int, xml: Iterable[str], current: str | None = None) -> Points:
        """From the XML of those that were looked at, which need not be all."""
        times = [float(found[1]) for one in xml if (found := _CREATED.search(one))]
        return cls(count, current, min(times, default=None), max(times, default=None))


NONE = Points(0)


@dataclass(frozen=True, slots=True)
class History:
    """Snapshots and checkpoints by the UUID of their domain; who is not named has none."""

    snapshots: Mapping[str, Points]
    checkpoints: Mapping[str, Points]


def checkpoint_size(xml: str) -> float | None:
    """Bytes written since the checkpoint, all disks together; None where libvirt cannot tell."""
    sizes = [int(size) for size in _SIZE.findall(xml)]
    return float(sum(sizes)) if sizes else None


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that ended at Unix time `ended`; `job` has libvirt's last figures."""

    uuid: str
    domain: str
    result: str
    ended: float
    job: Job


RESULTS = ("success", "failed", "cancelled")


@dataclass(frozen=True, slots=True)
class Backups:
    """Backups since the exporter started: how many ended how, and the last of each domain and result."""

    counts: Mapping[str, int]
    last: tuple[Backup, ...] = ()


NO_BACKUPS = Backups(dict.fromkeys(RESULTS, 0))
