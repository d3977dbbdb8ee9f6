"""Which bulk statistics serve which need (virConnectGetAllDomainStats)."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

import libvirt

from exporter.snapshot.backing import BACKING_CHAINS
from exporter.snapshot.block import BLOCK
from exporter.snapshot.cpu import CPU_TOTAL, VCPU
from exporter.snapshot.dirty_rate import DIRTY_RATE
from exporter.snapshot.interface import INTERFACE
from exporter.snapshot.iothread import IOTHREAD
from exporter.snapshot.kvm import VM
from exporter.snapshot.memory import BALLOON
from exporter.snapshot.memory_bandwidth import MEMORY_BANDWIDTH
from exporter.snapshot.perf import PERF

if TYPE_CHECKING:
    from collections.abc import Collection

    from exporter.snapshot.need import Need

GROUPS: dict[Need, int] = {
    CPU_TOTAL: libvirt.VIR_DOMAIN_STATS_CPU_TOTAL,
    VCPU: libvirt.VIR_DOMAIN_STATS_VCPU,
    BALLOON: libvirt.VIR_DOMAIN_STATS_BALLOON,
    BLOCK: libvirt.VIR_DOMAIN_STATS_BLOCK,
    INTERFACE: libvirt.VIR_DOMAIN_STATS_INTERFACE,
    IOTHREAD: libvirt.VIR_DOMAIN_STATS_IOTHREAD,
    PERF: libvirt.VIR_DOMAIN_STATS_PERF,
    DIRTY_RATE: libvirt.VIR_DOMAIN_STATS_DIRTYRATE,
    MEMORY_BANDWIDTH: libvirt.VIR_DOMAIN_STATS_MEMORY,
    VM: libvirt.VIR_DOMAIN_STATS_VM,
}
FLAGS: dict[Need, int] = {BACKING_CHAINS: libvirt.VIR_CONNECT_GET_ALL_DOMAINS_STATS_BACKING}

NOWAIT: int = libvirt.VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT
STATE: int = libvirt.VIR_DOMAIN_STATS_STATE  # always asked for: no group at all means every group
_ACTIVE_ONLY: int = libvirt.VIR_DOMAIN_STATS_BLOCK  # for a domain that is off, libvirt would open the images


def groups(needs: Collection[Need]) -> int:
    """The statistics groups that serve these needs."""
    return reduce(or_, (group for need, group in GROUPS.items() if need in needs), STATE)


def flags(needs: Collection[Need]) -> int:
    """The flags of the call: never to wait for a busy domain, and what these needs add."""
    return reduce(or_, (flag for need, flag in FLAGS.items() if need in needs), NOWAIT)


def inactive(wanted: int) -> int:
    """Those of the groups that are asked for domains that are off."""
    return wanted & ~_ACTIVE_ONLY
