"""CPU time, virtual CPUs and memory by virDomainGetInfo, on libvirt's test driver."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import libvirt

from exporter.snapshot.cpu import CPU_TOTAL, VCPU
from exporter.snapshot.domain import DOMAIN_INFO
from exporter.snapshot.memory import BALLOON
from exporter.source import domain_info
from exporter.source.domain_info import DomainInfo
from exporter.source.groups import GROUPS, groups
from exporter.source.host import Host
from exporter.source.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping


def test_the_figures_are_there_though_no_group_that_has_them_is_asked_for() -> None:
    host = Host(Settings(uri="test:///default", connections=1, needs=frozenset({DOMAIN_INFO})))
    host.start()
    (domain,) = host.collect(time.monotonic() + 5).domains
    host.stop()
    assert (domain.cpu.online, domain.memory.current, domain.memory.maximum) == (2, 2 << 30, 8 << 30)
    assert domain.cpu.time is not None
    assert domain.fresh


def test_what_the_statistics_say_is_never_replaced() -> None:
    connection = libvirt.openReadOnly("test:///default")
    (domain,) = connection.listAllDomains()
    found: dict[str, Mapping[str, Any]] = {domain.UUIDString(): {"vcpu.current": 7, "state.state": 1}}
    domain_info.add(found, [domain])
    (raw,) = found.values()
    assert raw["vcpu.current"] == 7
    assert (raw["balloon.current"], raw["balloon.maximum"]) == (2 << 20, 8 << 20)


def test_it_is_not_needed_where_all_groups_are_asked_for() -> None:
    some, every = DomainInfo(groups({BALLOON})), DomainInfo(groups({BALLOON, VCPU, CPU_TOTAL}))
    assert not some.is_needed()
    for info in (some, every):
        info.switch_on()
    assert some.is_needed()
    assert not every.is_needed()
    assert (some.groups_of_inactive(), every.groups_of_inactive()) == (GROUPS[VCPU], 0)
