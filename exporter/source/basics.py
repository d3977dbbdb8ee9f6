"""CPU time, vCPUs and memory of running domains where no collector asks for statistics that hold them.

Those statistics ask QEMU; virDomainGetInfo does not, is answered for a guest that hangs, and costs a tenth of
a millisecond. It is one call a domain, though: where the statistics are read anyway, it is left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import libvirt

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

IDLE = libvirt.VIR_DOMAIN_STATS_BALLOON | libvirt.VIR_DOMAIN_STATS_VCPU  # cheap for domains that do not run
GROUPS = IDLE | libvirt.VIR_DOMAIN_STATS_CPU_TOTAL
_KEYS = ("balloon.maximum", "balloon.current", "vcpu.current", "cpu.time")  # in the order of virDomainInfo


def add(statistics: dict[str, Mapping[str, Any]], domains: Iterable[Any]) -> None:
    """Fill in what the raw statistics (by UUID) of these running domains lack, under their keys."""
    for domain in domains:
        raw = statistics.get(domain.UUIDString())
        if raw is None:
            continue
        try:
            _state, *values = domain.info()
        except libvirt.libvirtError:  # gone meanwhile
            continue
        statistics[domain.UUIDString()] = {**dict(zip(_KEYS, values, strict=True)), **raw}
