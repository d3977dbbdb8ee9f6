"""LVM thin pools."""

from __future__ import annotations

from exporter.snapshot.thin_pool import THIN_POOLS, ThinPool

READINGS = {
    THIN_POOLS: (
        ThinPool("vg0", "fast", 5501, 0.55, 5503, 0.56, 5505, "error", "out_of_data"),
        ThinPool("vg0", "off", 5506, None, 5507, None, 0, "queue"),
    ),
}
VIRSH = """
nobody: libvirt does not know thin pools: test_exporter_thin_pool.py
    libvirt_host_thin_pool_info libvirt_host_thin_pool_size_bytes libvirt_host_thin_pool_used_ratio
    libvirt_host_thin_pool_metadata_size_bytes libvirt_host_thin_pool_metadata_used_ratio
    libvirt_host_thin_pool_virtual_size_bytes
"""
