"""Volumes that no domain uses."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from exporter.collectors.orphan import BYTES, COUNT, MOST, VOLUME, collect
from exporter.snapshot.orphan import ORPHANS, Orphan, Orphans

if TYPE_CHECKING:
    from exporter.snapshot.snapshot import Snapshot

READINGS = {
    ORPHANS: Orphans(
        (("fast", (Orphan("fast", "old.img", 5601), Orphan("fast", "older.img", 5602))), ("clean", ())),
        left_out=5603,
    ),
}
VIRSH = """
nobody: virsh does not compare volumes with domains: test_exporter_storage.py
    libvirt_pool_orphan_volumes libvirt_pool_orphan_volume_bytes libvirt_volume_orphan_bytes
    libvirt_orphan_volumes_left_out
"""


def test_all_are_counted_and_the_largest_are_named(snapshot: Snapshot) -> None:
    many = tuple(Orphan("fast", f"v{n}", n) for n in range(MOST + 20))
    found = list(collect(replace(snapshot, readings={ORPHANS: Orphans((("fast", many),))})))
    totals = {one.metric: one.value for one in found if one.metric in {COUNT, BYTES}}
    assert totals == {COUNT: MOST + 20, BYTES: sum(range(MOST + 20))}
    named = [one.labels[1] for one in found if one.metric is VOLUME]
    assert named == [f"v{n}" for n in range(MOST + 19, 19, -1)]


def test_a_pool_without_any_has_none_of_them(snapshot: Snapshot) -> None:
    found = {(one.metric.name, one.labels): one.value for one in collect(snapshot)}
    assert found["libvirt_pool_orphan_volumes", ("clean",)] == 0
    assert found["libvirt_pool_orphan_volume_bytes", ("clean",)] == 0
