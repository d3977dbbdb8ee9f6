"""CPU time, virtual CPUs and memory of domains, if no statistics group that contains them is asked for.

These groups ask QEMU. virDomainGetInfo does not: it is answered for a stuck domain, too, and takes a tenth
of a millisecond. It is one call per domain, so it is left out where the groups are asked for anyway.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from exporter.snapshot.cpu import CPU_TOTAL, VCPU
from exporter.snapshot.memory import BALLOON
from exporter.source.calls import answer
from exporter.source.groups import GROUPS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_IDLE = GROUPS[BALLOON] | GROUPS[VCPU]  # cheap for domains that are off
_ALL = _IDLE | GROUPS[CPU_TOTAL]
_KEYS = ("balloon.maximum", "balloon.current", "vcpu.current", "cpu.time")  # in the order of virDomainInfo


class DomainInfo:
    """Completes raw statistics of these groups, once it is switched on."""

    def __init__(self, groups: int) -> None:
        self._missing = _ALL & ~groups
        self.on = False

    def switch_on(self) -> None:
        self.on = True

    def groups_of_inactive(self) -> int:
        """The statistics groups to ask for domains that are off."""
        return self._missing & _IDLE if self.on else 0

    def is_needed(self) -> bool:
        """Whether statistics of active domains are to be completed by `add`."""
        return self.on and bool(self._missing)


def add(statistics: dict[str, Mapping[str, Any]], domains: Iterable[Any]) -> None:
    """Add to the raw statistics (by UUID) of these active domains what they lack, under the same keys."""
    for domain in domains:
        uuid = domain.UUIDString()
        info = answer(domain.info) if uuid in statistics else None
        if info is not None:
            _state, *values = info
            statistics[uuid] = {**dict(zip(_KEYS, values, strict=True)), **statistics[uuid]}
