"""Kernel same-page merging of this machine."""

from __future__ import annotations

from exporter.snapshot.ksm import KSM, Ksm

READINGS = {KSM: Ksm(True, 5401, 5402, 5403, 5404, 5405, 5406)}
VIRSH = """
[host] node-memory-tune
page     shm_pages_shared             libvirt_host_ksm_shared_bytes
page     shm_pages_sharing            libvirt_host_ksm_sharing_bytes
page     shm_pages_unshared           libvirt_host_ksm_unshared_bytes
page     shm_pages_volatile           libvirt_host_ksm_volatile_bytes
1        shm_full_scans               libvirt_host_ksm_full_scans_total

nobody: the kernel has it in a file, and virsh does not show that: readings/test_ksm.py
    libvirt_host_ksm_running libvirt_host_ksm_profit_bytes
"""
