"""Disks and file systems of the machine that the exporter runs on (local libvirt only)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.collectors.row import Collector
from exporter.metric import Kind, Metric, read
from exporter.snapshot.machine import DISKS, FILESYSTEMS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.metric import Sample
    from exporter.snapshot.snapshot import Snapshot

COUNTER, GAUGE = Kind.COUNTER, Kind.GAUGE
_DISK = ("device",)
_MOUNT = ("mountpoint",)
_DISKS = (
    Metric(
        "libvirt_host_disk_read_bytes_total",
        COUNTER,
        "Bytes read from the disk.",
        _DISK,
        "bytes",
        "read_bytes",
    ),
    Metric(
        "libvirt_host_disk_read_requests_total",
        COUNTER,
        "Read requests completed.",
        _DISK,
        "requests",
        "read_requests",
    ),
    Metric(
        "libvirt_host_disk_read_time_seconds_total",
        COUNTER,
        "Time spent on read requests, summed over requests.",
        _DISK,
        "seconds",
        "read_time",
    ),
    Metric(
        "libvirt_host_disk_write_bytes_total",
        COUNTER,
        "Bytes written to the disk.",
        _DISK,
        "bytes",
        "write_bytes",
    ),
    Metric(
        "libvirt_host_disk_write_requests_total",
        COUNTER,
        "Write requests completed.",
        _DISK,
        "requests",
        "write_requests",
    ),
    Metric(
        "libvirt_host_disk_write_time_seconds_total",
        COUNTER,
        "Time spent on write requests, summed over requests.",
        _DISK,
        "seconds",
        "write_time",
    ),
    Metric(
        "libvirt_host_disk_busy_seconds_total",
        COUNTER,
        "Time during which the disk was busy.",
        _DISK,
        "seconds",
        "busy_time",
    ),
)
INFO = Metric(
    "libvirt_host_filesystem_info",
    GAUGE,
    "A file system that is mounted on the host; always 1.",
    (*_MOUNT, "device", "fstype"),
)
_FILESYSTEMS = (
    Metric("libvirt_host_filesystem_size_bytes", GAUGE, "Size of the file system.", _MOUNT, "bytes", "size"),
    Metric(
        "libvirt_host_filesystem_free_bytes",
        GAUGE,
        "Free space of the file system, including space reserved for root.",
        _MOUNT,
        "bytes",
        "free",
    ),
    Metric(
        "libvirt_host_filesystem_available_bytes",
        GAUGE,
        "Space of the file system that is available to unprivileged users.",
        _MOUNT,
        "bytes",
        "available",
    ),
)
METRICS = (*_DISKS, *_FILESYSTEMS, INFO)


def collect(snapshot: Snapshot) -> Iterator[Sample]:
    """Whole disks, and writable file systems on disks."""
    for disk in snapshot.get(DISKS, ()):
        yield from read(_DISKS, disk, disk.device)
    for filesystem in snapshot.get(FILESYSTEMS, ()):
        yield from read(_FILESYSTEMS, filesystem, filesystem.mountpoint)
        yield INFO.sample(1, filesystem.mountpoint, filesystem.device, filesystem.type)


COLLECTOR = Collector(
    "host-storage",
    order=310,
    about="disks and file systems of this machine",
    metrics=METRICS,
    collect=collect,
    needs=(DISKS, FILESYSTEMS),
)
