"""What collectors need of the source: each need is declared once, beside the values that it brings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, eq=False, slots=True)
class Need:
    """Something that libvirt or the host is asked for only if an enabled collector needs it.

    The row of a collector lists its needs, and the tables of the source say how each one is served. Both
    refer to the need itself, so that a misspelt need is an error at import.
    """

    name: str


@dataclass(frozen=True, eq=False, slots=True)
class Reading(Need, Generic[T]):
    """A need that brings one value, which the snapshot has under the need: `snapshot.get(POOLS)`.

    Readings run in the background, beside the statistics of domains. The name is the label value of
    `libvirt_reading_*`.
    """
