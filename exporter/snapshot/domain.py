"""A domain: all that was read of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from exporter.snapshot.block import Block
from exporter.snapshot.cpu import Cpu, Vcpu
from exporter.snapshot.interface import Interface
from exporter.snapshot.memory import Memory
from exporter.snapshot.need import Need

if TYPE_CHECKING:
    from collections.abc import Mapping

    from exporter.snapshot.description import Description
    from exporter.snapshot.guest import Agent
    from exporter.snapshot.job import Job

    Raw = Mapping[str, Any]

DOMAIN_INFO = Need("domain-info")  # virDomainGetInfo


@dataclass(frozen=True, slots=True)
class Domain:
    """One domain. `fresh` is whether it answered every question of this scrape. `number` is
    libvirt's ID while it is active, else -1.

    `statistics` are its bulk statistics (virConnectGetAllDomainStats). The groups that several collectors
    use are converted already; a collector of another group converts it: `Perf.read(domain.statistics)`.
    """

    uuid: str
    name: str
    active: bool
    state: int | None = None
    reason: int | None = None
    fresh: bool = True
    autostart: bool | None = None
    persistent: bool | None = None
    number: int = -1
    statistics: Raw = field(default_factory=dict)
    cpu: Cpu = field(default_factory=Cpu)
    vcpus: tuple[Vcpu, ...] = ()
    memory: Memory = field(default_factory=Memory)
    blocks: tuple[Block, ...] = ()
    interfaces: tuple[Interface, ...] = ()
    description: Description | None = None
    job: Job | None = None
    agent: Agent | None = None


def of_statistics(raw: Raw) -> dict[str, Any]:
    """The fields of a Domain that come from its bulk statistics, as keyword arguments."""
    return {
        "statistics": raw,
        "cpu": Cpu.read(raw),
        "vcpus": Vcpu.read(raw),
        "memory": Memory.read(raw),
        "blocks": Block.read(raw),
        "interfaces": Interface.read(raw),
    }
