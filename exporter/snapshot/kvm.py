"""Statistics that the KVM module keeps, from bulk statistics."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from exporter.snapshot.need import Need

if TYPE_CHECKING:
    from collections.abc import Mapping

VM = Need("vm")

_OF_VCPU = re.compile(r"vcpu\.(\d+)\.(.+)\.(sum|cur|max)")
_OF_DOMAIN = re.compile(r"vm\.(.+)\.(sum|cur|max)")


@dataclass(frozen=True, slots=True)
class KvmStatistic:
    """One statistic by KVM's name for it; `vcpu` is empty for a statistic of the whole domain."""

    name: str
    kind: str  # sum, cur or max
    value: float
    vcpu: str = ""

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> tuple[KvmStatistic, ...]:
        """All statistics, those of the domain first, sorted by name."""
        found = []
        for key in sorted(key for key in raw if key.startswith(("vm.", "vcpu."))):
            if match := _OF_DOMAIN.fullmatch(key):
                found.append(cls(match[1], match[2], float(raw[key])))
            elif match := _OF_VCPU.fullmatch(key):
                found.append(cls(match[2], match[3], float(raw[key]), match[1]))
        order = sorted(found, key=lambda one: (one.vcpu.zfill(5) if one.vcpu else "", one.name, one.kind))
        return tuple(order)
