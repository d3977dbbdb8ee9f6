"""Reads fields of libvirt's flat dictionaries and converts them to base units."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# A raw value divided by its unit is in base units.
ONE, MILLISECONDS, NANOSECONDS, KIB, MIB = 1, 1_000, 1_000_000_000, 1 / 1024, 1 / 1_048_576


class Field(NamedTuple):
    """A field of a dataclass, libvirt's key for it, and the unit of the raw value."""

    name: str
    key: str
    unit: float = ONE


def values(raw: Mapping[str, Any], fields: Iterable[Field], prefix: str = "") -> dict[str, float]:
    """The fields that `raw` has, by name; a field that it lacks is left out."""
    return {name: raw[prefix + key] / unit for name, key, unit in fields if raw.get(prefix + key) is not None}
