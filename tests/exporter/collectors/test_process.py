"""QEMU processes on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from exporter.snapshot.process import PROCESSES, Process
from kernel import MOVING, PAGE, TICKS, Kernel, numbers

if TYPE_CHECKING:
    from kernel import Values
    from lab import RunningGuest

READINGS = {PROCESSES: (Process("web", 7, *range(4401, 4410)), Process("other", 8, *range(4501, 4507)))}
VIRSH = """
nobody: the machine's kernel has it: test_exporter_kernel.py
    libvirt_domain_process_cpu_seconds_total libvirt_domain_process_resident_memory_bytes
    libvirt_domain_process_virtual_memory_bytes libvirt_domain_process_threads
    libvirt_domain_process_open_fds libvirt_domain_process_read_bytes_total
    libvirt_domain_process_write_bytes_total libvirt_domain_process_start_time_seconds
"""


def times_of_process(guest: RunningGuest) -> Values:
    stat = Path(f"/proc/{guest.pid}/stat").read_text().rsplit(")", 1)[1].split()
    io, boot = numbers(f"/proc/{guest.pid}/io"), numbers("/proc/stat")["btime"][0]
    prefix = "libvirt_domain_process"
    return {
        (f"{prefix}_cpu_seconds_total", "user"): int(stat[11]) / TICKS,
        (f"{prefix}_cpu_seconds_total", "system"): int(stat[12]) / TICKS,
        (f"{prefix}_start_time_seconds", ""): boot + int(stat[19]) / TICKS,
        (f"{prefix}_read_bytes_total", ""): io["read_bytes"][0],
        (f"{prefix}_write_bytes_total", ""): io["write_bytes"][0],
    }


def size_of_process(guest: RunningGuest) -> Values:
    pages = Path(f"/proc/{guest.pid}/statm").read_text().split()
    status, prefix = numbers(f"/proc/{guest.pid}/status"), "libvirt_domain_process"
    return {
        (f"{prefix}_virtual_memory_bytes", ""): int(pages[0]) * PAGE,
        (f"{prefix}_resident_memory_bytes", ""): int(pages[1]) * PAGE,
        (f"{prefix}_threads", ""): status["Threads"][0],
        (f"{prefix}_open_fds", ""): len(list(Path(f"/proc/{guest.pid}/fd").iterdir())),
    }


KERNEL = (Kernel(times_of_process), Kernel(size_of_process, MOVING))
