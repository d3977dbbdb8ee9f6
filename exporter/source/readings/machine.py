"""Reads the machine that the exporter runs on, from /proc and /sys by psutil."""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path
from typing import Any

import psutil

from exporter.snapshot.machine import (
    DISKS,
    FILESYSTEMS,
    MACHINE,
    NICS,
    Disk,
    Filesystem,
    Machine,
    Memory,
    Nic,
    Pressure,
    pressure,
)
from exporter.snapshot.text import readable
from exporter.source.readings.row import Local

PRESSURE = Path("/proc/pressure")
WHOLE_DISKS = Path("/sys/block")
MOUNTS = Path("/proc/self/mountinfo")
MILLISECONDS = 1_000
MOST = 256  # disks, file systems, interfaces

_NO_DISK = re.compile(r"(loop|ram|zram|fd|sr)\d+")
_NO_NIC = re.compile(r"lo|(vnet|tap|macvtap|veth|ifb|dummy).*")
_NO_FILESYSTEM = frozenset(("squashfs", "iso9660", "udf", "erofs", "cramfs", "romfs"))


def machine() -> Machine:
    """CPUs, memory, load and pressure."""
    memory, swap = psutil.virtual_memory(), psutil.swap_memory()
    return Machine(
        boot_time=psutil.boot_time(),
        cpus=psutil.cpu_count() or 1,
        load=os.getloadavg(),
        cpu=psutil.cpu_times()._asdict(),
        memory=Memory(
            memory.total, memory.available, memory.free, memory.buffers, memory.cached,
            swap.total, swap.free, swap.sin, swap.sout,
        ),
        pressure=_pressure(),
    )  # fmt: skip


def _pressure() -> dict[str, Pressure]:
    """By resource; empty if the kernel lacks it or has it turned off."""
    found = {}
    for resource in ("cpu", "io", "memory", "irq"):
        with contextlib.suppress(OSError):
            found[resource] = pressure((PRESSURE / resource).read_text())
    return found


def disks() -> tuple[Disk, ...]:
    """All disks."""
    whole = {path.name for path in WHOLE_DISKS.iterdir()} if WHOLE_DISKS.is_dir() else set()
    counters = psutil.disk_io_counters(perdisk=True, nowrap=False) or {}
    found = [
        Disk(
            name, io.read_bytes, io.read_count, io.read_time / MILLISECONDS,
            io.write_bytes, io.write_count, io.write_time / MILLISECONDS, io.busy_time / MILLISECONDS,
        )
        for name, io in counters.items()
        if name in whole and not _NO_DISK.fullmatch(name)
    ]  # fmt: skip
    return tuple(found[:MOST])


def filesystems() -> tuple[Filesystem, ...]:
    """Writable file systems on disks, each once. A disk that does not answer blocks here.

    Systemd may mount all of them read-only for this process: what counts is what the file system is.
    """
    mounted: dict[str, Any] = {}
    written = _written()
    for part in psutil.disk_partitions(all=False):
        writable = part.device in written or "rw" in part.opts.split(",")
        wanted = writable and part.fstype not in _NO_FILESYSTEM
        if wanted and part.device not in mounted and len(mounted) < MOST:
            mounted[part.device] = part
    found = []
    for part in mounted.values():
        with contextlib.suppress(OSError):
            seen = os.statvfs(part.mountpoint)
            sizes = (
                seen.f_blocks * seen.f_frsize,
                seen.f_bfree * seen.f_frsize,
                seen.f_bavail * seen.f_frsize,
            )
            found.append(Filesystem(readable(part.mountpoint), readable(part.device), part.fstype, *sizes))
    return tuple(found)


def _written() -> set[str]:
    """The devices of file systems that are writable, however this process sees them: see proc(5)."""
    ends = (line.partition(b" - ")[2].split(b" ") for line in MOUNTS.read_bytes().splitlines())
    return {os.fsdecode(source) for _type, source, options in ends if b"rw" in options.split(b",")}


def nics() -> tuple[Nic, ...]:
    """The host's interfaces, bridges and bonds."""
    counters = psutil.net_io_counters(pernic=True, nowrap=False)
    found = [
        Nic(
            readable(name), io.bytes_recv, io.packets_recv, io.errin, io.dropin,
            io.bytes_sent, io.packets_sent, io.errout, io.dropout,
        )
        for name, io in counters.items()
        if not _NO_NIC.fullmatch(name)
    ]  # fmt: skip
    return tuple(found[:MOST])


READINGS = (
    Local(MACHINE, lambda _uri, _domains: machine),
    Local(DISKS, lambda _uri, _domains: disks),
    Local(FILESYSTEMS, lambda _uri, _domains: filesystems),
    Local(NICS, lambda _uri, _domains: nics),
)
