"""Pressure stalls and CPU throttling of domains."""

from __future__ import annotations

from exporter.snapshot.cgroup import CGROUPS, Cgroup, Throttling
from exporter.snapshot.machine import Pressure

READINGS = {
    CGROUPS: (
        Cgroup(
            "uuid-web",
            {"cpu": Pressure(5301.5, 5302.5), "memory": Pressure(5303.5, 5304.5), "io": Pressure(5305.5)},
            Throttling(5306, 5307, 5308.5),
        ),
        Cgroup("uuid-excluded", {"cpu": Pressure(5309)}, Throttling(5310)),
    ),
}
VIRSH = """
nobody: the machine's kernel has it: test_exporter_pressure.py
    libvirt_domain_pressure_waiting_seconds_total libvirt_domain_pressure_stalled_seconds_total
    libvirt_domain_cpu_periods_total libvirt_domain_cpu_throttled_periods_total
    libvirt_domain_cpu_throttled_seconds_total
"""
