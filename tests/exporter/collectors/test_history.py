"""Snapshots and checkpoints of domains."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from exporter.collectors import history
from exporter.snapshot.state_capture import CHECKPOINT_SIZES, STATE_CAPTURE, Points, StateCapture

if TYPE_CHECKING:
    from exporter.snapshot.snapshot import Snapshot

READINGS = {
    STATE_CAPTURE: StateCapture(
        {"uuid-web": Points(3, "before-upgrade", 5001.0, 5002.0)},
        {"uuid-web": Points(4, None, 5003.0, 5004.0)},
    ),
    CHECKPOINT_SIZES: {"uuid-web": 5005.0},
}
VIRSH = """
[described] snapshot-info {domain} --current
=snapshot  Name                       libvirt_domain_snapshot_current_info

nobody: the domain's or a snapshot's XML has it: test_exporter_domains.py
    libvirt_domain_snapshots libvirt_domain_snapshot_oldest_timestamp_seconds
    libvirt_domain_snapshot_newest_timestamp_seconds libvirt_domain_checkpoints
    libvirt_domain_checkpoint_oldest_timestamp_seconds libvirt_domain_checkpoint_newest_timestamp_seconds
    libvirt_domain_checkpoint_newest_size_bytes
"""


def test_without_a_reading_there_is_nothing_and_not_zero(snapshot: Snapshot) -> None:
    assert list(history.collect(replace(snapshot, readings={}))) == []
