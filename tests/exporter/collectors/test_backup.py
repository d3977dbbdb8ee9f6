"""Backup jobs that ended."""

from __future__ import annotations

from exporter.snapshot.backup import Backup, Backups
from exporter.snapshot.job import Job

PUSHED = Job("backup", elapsed=5101, disk_total=5102, disk_processed=5103)
PULLED = Job("backup", elapsed=5104)
SNAPSHOT = {
    "backups": Backups(
        {"success": 5105, "failed": 5106, "cancelled": 5107},
        (
            Backup("uuid-web", "web", "success", 5108.5, PUSHED),
            Backup("uuid-web", "web", "cancelled", 5109.5, PULLED),
            Backup("uuid-old", "old", "failed", 5110.5, PULLED),
        ),
    ),
}
VIRSH = """
[backed-up] domjobinfo {domain} --completed --keep-completed --rawstats
ms       time_elapsed                 libvirt_domain_last_backup_duration_seconds
1        disk_total                   libvirt_domain_last_backup_total_bytes
1        disk_processed               libvirt_domain_last_backup_processed_bytes

nobody: the exporter counts events and times them itself: test_exporter_lab.py, test_exporter_domains.py
    libvirt_backups_total libvirt_domain_last_backup_timestamp_seconds
"""
