"""Ages and failures of readings."""

from __future__ import annotations

from exporter.snapshot.snapshot import ReadingState

SNAPSHOT = {
    "reading_states": (ReadingState("pools", 4601.5, 4602, 4604), ReadingState("volumes", None, 4603, 4605)),
}
VIRSH = """
nobody: it is the exporter's own
    libvirt_reading_last_update_timestamp_seconds libvirt_reading_failures_total
    libvirt_reading_skipped_items
"""
