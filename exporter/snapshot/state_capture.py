"""Captured state of domains, as libvirt calls snapshots and checkpoints together."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from exporter.snapshot.need import Reading

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# Searched in the text: the XML contains the domain's, whose metadata may be malformed. The first match is the
# point's own.
_CREATED = re.compile(r"<creationTime>(\d+)</creationTime>")
_SIZE = re.compile(r"<disk [^<>]*\bsize='(\d+)'")


@dataclass(frozen=True, slots=True)
class Points:
    """The snapshots, or the checkpoints, of a domain; Unix times. `current` is the current snapshot."""

    count: int
    current: str | None = None
    oldest: float | None = None
    newest: float | None = None

    @classmethod
    def of(cls, count: int, xml: Iterable[str], current: str | None = None) -> Points:
        """From the XML of some or all of them."""
        times = [float(found[1]) for one in xml if (found := _CREATED.search(one))]
        return cls(count, current, min(times, default=None), max(times, default=None))


NO_POINTS = Points(0)


@dataclass(frozen=True, slots=True)
class StateCapture:
    """Snapshots and checkpoints by the UUID of their domain; a domain that is missing has none."""

    snapshots: Mapping[str, Points]
    checkpoints: Mapping[str, Points]


STATE_CAPTURE: Reading[StateCapture] = Reading("history")
# Bytes written since the newest checkpoint, by UUID.
CHECKPOINT_SIZES: Reading[Mapping[str, float]] = Reading("checkpoint_sizes")


def checkpoint_size(xml: str) -> float | None:
    """Bytes written to all disks since the checkpoint; None if libvirt cannot tell."""
    sizes = [int(size) for size in _SIZE.findall(xml)]
    return float(sum(sizes)) if sizes else None
