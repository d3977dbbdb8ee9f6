"""MAC addresses that are used twice."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from exporter.collectors.mac import collect
from exporter.snapshot.description import Description

if TYPE_CHECKING:
    from exporter.snapshot.snapshot import Snapshot

DEVICES = """
<interface type='user'><mac address='52:54:00:00:00:07'/></interface>
<interface type='user'><mac address='52:54:00:00:00:07'/></interface>
<interface type='user'><mac address='52:54:00:00:00:07'/></interface>"""
VIRSH = """
nobody: virsh does not compare addresses: test_exporter_domains.py
    libvirt_domain_duplicate_mac_interfaces
"""


def described(snapshot: Snapshot, **macs: tuple[str, ...]) -> Snapshot:
    web = snapshot.domains[0]
    domains = (replace(web, uuid=name, name=name, description=Description(macs=macs[name])) for name in macs)
    return replace(snapshot, domains=tuple(domains))


def test_an_address_of_two_domains_is_told_of_both(snapshot: Snapshot) -> None:
    found = described(snapshot, a=("aa", "bb"), b=("aa", "cc"), c=("dd",))
    assert [(one.labels, one.value) for one in collect(found)] == [(("a", "aa"), 2), (("b", "aa"), 2)]


def test_an_address_twice_in_one_domain_is_told_once(snapshot: Snapshot) -> None:
    assert [(one.labels, one.value) for one in collect(described(snapshot, a=("aa", "aa")))] == [
        (("a", "aa"), 2)
    ]


def test_addresses_are_compared_in_lower_case_and_those_without_one_are_not() -> None:
    xml = (
        "<domain><devices><interface><mac address='52:54:00:AB:00:01'/></interface><interface/>"
        "<interface><mac address='52:54:00:ab:00:01'/></interface></devices></domain>"
    )
    description = Description.from_xml(xml)
    assert description is not None
    assert description.macs == ("52:54:00:ab:00:01",) * 2
