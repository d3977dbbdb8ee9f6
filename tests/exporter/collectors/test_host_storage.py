"""Disks and file systems of this machine."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from exporter.snapshot.machine import DISKS, FILESYSTEMS, Disk, Filesystem
from kernel import MOVING, Kernel

if TYPE_CHECKING:
    from kernel import Values
    from lab import RunningGuest

READINGS = {
    DISKS: (Disk("sda", *range(4101, 4108)),),
    FILESYSTEMS: (Filesystem("/srv", "/dev/sda1", "xfs", *range(4201, 4204)),),
}
VIRSH = """
nobody: the machine's kernel has it: test_exporter_kernel.py
    libvirt_host_disk_read_bytes_total libvirt_host_disk_read_requests_total
    libvirt_host_disk_read_time_seconds_total libvirt_host_disk_write_bytes_total
    libvirt_host_disk_write_requests_total libvirt_host_disk_write_time_seconds_total
    libvirt_host_disk_busy_seconds_total libvirt_host_filesystem_size_bytes
    libvirt_host_filesystem_free_bytes libvirt_host_filesystem_available_bytes libvirt_host_filesystem_info
"""


def disks(_guest: RunningGuest) -> Values:
    fields = (
        ("read_requests_total", 0, 1), ("read_bytes_total", 2, 512), ("read_time_seconds_total", 3, 1e-3),
        ("write_requests_total", 4, 1), ("write_bytes_total", 6, 512), ("write_time_seconds_total", 7, 1e-3),
        ("busy_seconds_total", 9, 1e-3),
    )  # fmt: skip
    found: Values = {}
    for line in Path("/proc/diskstats").read_text().splitlines():
        _, _, name, *said = line.split()
        if (Path("/sys/block") / name).exists() and not re.match(r"(loop|ram|zram|fd|sr)\d", name):
            found |= {(f"libvirt_host_disk_{field}", name): int(said[n]) * unit for field, n, unit in fields}
    return found


def filesystems(_guest: RunningGuest) -> Values:
    root = os.statvfs("/")
    return {
        ("libvirt_host_filesystem_size_bytes", "/"): root.f_blocks * root.f_frsize,
        ("libvirt_host_filesystem_free_bytes", "/"): root.f_bfree * root.f_frsize,
        ("libvirt_host_filesystem_available_bytes", "/"): root.f_bavail * root.f_frsize,
    }


KERNEL = (Kernel(disks), Kernel(filesystems, MOVING))
