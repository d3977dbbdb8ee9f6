"""Volumes of storage pools."""

from __future__ import annotations

from exporter.snapshot.storage import VOLUMES, Volume, Volumes

READINGS = {VOLUMES: Volumes((Volume("fast", "web.img", 3101, 3102),), left_out=3103)}
VIRSH = """
[stored] vol-info web.qcow2 {pool} --bytes
1        Capacity                     libvirt_volume_capacity_bytes{pool={pool},volume=web.qcow2}
1        Allocation                   libvirt_volume_allocation_bytes{pool={pool},volume=web.qcow2}

nobody: it is the exporter's own
    libvirt_volumes_left_out
"""
