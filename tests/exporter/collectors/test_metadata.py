"""Metadata of domains."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from exporter.collectors import metadata
from exporter.snapshot.description import Description
from exporter.snapshot.metadata import INVALID, OVERSIZED, TRUNCATED, UNREADABLE, Metadata

if TYPE_CHECKING:
    from exporter.snapshot.snapshot import Snapshot

XML = """<metadata>
 <nova:instance xmlns:nova='http://openstack.org/xmlns/libvirt/nova/1.1'><nova:name>shop-1</nova:name>
  <nova:creationTime>2026-01-02 03:04:05</nova:creationTime><nova:flavor name='m1.small'/>
  <nova:owner><nova:user uuid='u-1'>alice</nova:user>
   <nova:project uuid='p-1'>shopping</nova:project></nova:owner>
  <nova:root type='image' uuid='i-1'/></nova:instance>
 <v:domain xmlns:v='urn:virtcast:domain:1.0'><v:owner>team-shop</v:owner><v:criticality>high</v:criticality>
  <v:maintenance-window>Sun 02:00-04:00</v:maintenance-window><v:cost-centre>4711</v:cost-centre>
  <v:apart>databases</v:apart><v:together>shopping-cart</v:together>
  <v:sensitivity>1.75</v:sensitivity><v:limit resource='vm_memory'>83%</v:limit></v:domain>
</metadata>"""
SUNDAY_AT_3 = 1_767_495_600.0  # 2026-01-04 03:00 UTC
SNAPSHOT = {"at": SUNDAY_AT_3}
VIRSH = """
nobody: it is the exporter's own
    libvirt_domains_metadata_skipped

nobody: the domain's or a snapshot's XML has it: test_exporter_domains.py
    libvirt_domain_openstack_info libvirt_domain_openstack_creation_timestamp_seconds
    libvirt_domain_virtcast_info libvirt_domain_virtcast_group_info libvirt_domain_virtcast_sensitivity_ratio
    libvirt_domain_virtcast_limit_value libvirt_domain_virtcast_maintenance
"""


def test_skipped_metadata_is_counted_by_reason(snapshot: Snapshot) -> None:
    domains = tuple(
        replace(snapshot.domains[0], description=Description(metadata=Metadata(problems=problems)))
        for problems in ((UNREADABLE,), (TRUNCATED,), (TRUNCATED, INVALID), (OVERSIZED,), ())
    )
    samples = metadata.collect(replace(snapshot, domains=domains))
    counts = {one.labels[0]: one.value for one in samples if one.metric is metadata.SKIPPED}
    assert counts == {UNREADABLE: 1, TRUNCATED: 2, OVERSIZED: 1, INVALID: 1}


def test_a_maintenance_window_opens_and_closes(snapshot: Snapshot) -> None:
    def told(at: float) -> list[object]:
        samples = metadata.collect(replace(snapshot, at=at))
        return [one.value for one in samples if one.metric is metadata.MAINTENANCE]

    assert [told(SUNDAY_AT_3 + hours * 3600) for hours in (-2, -1, 0, 1)] == [[0], [1], [1], [0]]
