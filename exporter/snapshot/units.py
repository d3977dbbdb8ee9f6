"""Reading fields out of libvirt's flat dictionaries into base units."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ONE, MILLISECONDS, NANOSECONDS, KIB = 1, 1_000, 1_000_000_000, 1 / 1024  # raw value / divisor = base unit


class Field(NamedTuple):
    """A dataclass field, libvirt's key for it, and the divisor that makes base units of it."""

    name: str
    key: str
    divisor: float = ONE


def values(raw: Mapping[str, Any], fields: Iterable[Field], prefix: str = "") -> dict[str, float]:
    """The fields that are there, by name; what is absent stays absent."""
    return {
        name: raw[prefix + key] / divisor
        for name, key, divisor in fields
        if raw.get(prefix + key) is not None
    }
