"""CPUs, memory, load and pressure of this machine."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from exporter.snapshot.machine import MACHINE, Machine, Memory, Pressure
from kernel import MOVING, PAGE, TICKS, Kernel, numbers

if TYPE_CHECKING:
    from kernel import Values
    from lab import RunningGuest

READINGS = {
    MACHINE: Machine(
        4001, 4002, (4003, 4004, 4005), {"user": 4006, "idle": 4007, "iowait": 4008, "guest": 4009},
        Memory(4010, 4011, 4012, 4013, 4014, 4015, 4016, 4017, 4018),
        {"cpu": Pressure(4019), "io": Pressure(4020, 4021)},
    ),
}  # fmt: skip
VIRSH = """
nobody: the machine's kernel has it: test_exporter_kernel.py
    libvirt_host_boot_time_seconds libvirt_host_cpus libvirt_host_cpu_seconds_total libvirt_host_load1
    libvirt_host_load5 libvirt_host_load15 libvirt_host_memory_total_bytes
    libvirt_host_memory_available_bytes libvirt_host_memory_free_bytes libvirt_host_memory_buffers_bytes
    libvirt_host_memory_cached_bytes libvirt_host_swap_total_bytes libvirt_host_swap_free_bytes
    libvirt_host_swap_in_bytes_total libvirt_host_swap_out_bytes_total
    libvirt_host_pressure_waiting_seconds_total libvirt_host_pressure_stalled_seconds_total
"""


def processors(_guest: RunningGuest) -> Values:
    stat, swapped = numbers("/proc/stat"), numbers("/proc/vmstat")
    modes = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal", "guest")
    times = zip(modes, stat["cpu"], strict=False)
    return {
        ("libvirt_host_boot_time_seconds", ""): stat["btime"][0],
        ("libvirt_host_cpus", ""): sum(bool(re.fullmatch(r"cpu\d+", key)) for key in stat),
        ("libvirt_host_swap_in_bytes_total", ""): swapped["pswpin"][0] * PAGE,
        ("libvirt_host_swap_out_bytes_total", ""): swapped["pswpout"][0] * PAGE,
        **{("libvirt_host_cpu_seconds_total", mode): ticks / TICKS for mode, ticks in times},
    }


def pressures(_guest: RunningGuest) -> Values:
    found = {}
    for file in Path("/proc/pressure").iterdir():
        for kind, name in (("some", "waiting"), ("full", "stalled")):
            total = re.search(rf"^{kind} .*total=(\d+)", file.read_text(), re.MULTILINE)
            if total:
                found[f"libvirt_host_pressure_{name}_seconds_total", file.name] = int(total[1]) / 1e6
    return found


def memory(_guest: RunningGuest) -> Values:
    said = {key: values[0] * 1024 for key, values in numbers("/proc/meminfo").items()}
    keys = {
        "memory_total": "MemTotal", "memory_available": "MemAvailable", "memory_free": "MemFree",
        "memory_buffers": "Buffers", "swap_total": "SwapTotal", "swap_free": "SwapFree",
    }  # fmt: skip
    found = {(f"libvirt_host_{name}_bytes", ""): said[key] for name, key in keys.items()}
    return found | {("libvirt_host_memory_cached_bytes", ""): said["Cached"] + said["SReclaimable"]}


def load(_guest: RunningGuest) -> Values:
    return {
        (f"libvirt_host_load{minutes}", ""): average
        for minutes, average in zip((1, 5, 15), os.getloadavg(), strict=True)
    }


KERNEL = (Kernel(processors), Kernel(pressures), Kernel(memory, MOVING), Kernel(load, MOVING))
