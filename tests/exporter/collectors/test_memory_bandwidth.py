"""Memory bandwidth of domains."""

from __future__ import annotations

STATISTICS = {
    "memory.bandwidth.monitor.count": 1,
    "memory.bandwidth.monitor.0.name": "vcpus_0-2",
    "memory.bandwidth.monitor.0.vcpus": "0-2",
    "memory.bandwidth.monitor.0.node.count": 2,
    "memory.bandwidth.monitor.0.node.0.id": 0,
    "memory.bandwidth.monitor.0.node.0.bytes.local": 8001,
    "memory.bandwidth.monitor.0.node.0.bytes.total": 8002,
    "memory.bandwidth.monitor.0.node.1.id": 3,
    "memory.bandwidth.monitor.0.node.1.bytes.local": 8003,
    "memory.bandwidth.monitor.0.node.1.bytes.total": 8004,
}
VIRSH = """
nobody: needs processors with cache and memory bandwidth monitoring (resctrl)
    libvirt_domain_memory_bandwidth_monitor_info libvirt_domain_memory_bandwidth_local_bytes_total
    libvirt_domain_memory_bandwidth_bytes_total
"""
