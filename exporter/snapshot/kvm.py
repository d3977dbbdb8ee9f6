"""KVM's own statistics, as libvirt's bulk statistics have them: KVM's name, and how the value is meant."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    Raw = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Statistic:
    """One of KVM's own statistics; `vcpu` is empty for those of the whole domain. Names are KVM's."""

    name: str
    kind: str  # sum, cur or max
    value: float
    vcpu: str = ""


_VCPU_STATISTIC = re.compile(r"vcpu\.(\d+)\.(.+)\.(sum|cur|max)")
_DOMAIN_STATISTIC = re.compile(r"vm\.(.+)\.(sum|cur|max)")


def kvm_statistics(raw: Raw) -> tuple[Statistic, ...]:
    """KVM's statistics, those of the domain first, sorted by name."""
    found = []
    for key in sorted(key for key in raw if key.startswith(("vm.", "vcpu."))):
        if match := _DOMAIN_STATISTIC.fullmatch(key):
            found.append(Statistic(match[1], match[2], float(raw[key])))
        elif match := _VCPU_STATISTIC.fullmatch(key):
            found.append(Statistic(match[2], match[3], float(raw[key]), match[1]))
    return tuple(sorted(found, key=lambda one: (one.vcpu.zfill(5) if one.vcpu else "", one.name, one.kind)))
