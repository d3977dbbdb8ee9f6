"""The connection to libvirt."""

from __future__ import annotations

from exporter.snapshot.connection import Connection

SNAPSHOT = {
    "connection": Connection(
        "qemu:///system", up=True, opened=6, connections=4, stuck=1, library_version="9.0.0",
        daemon_version="8.9.1", hypervisor="QEMU", hypervisor_version="7.2.22", hostname="h1",
        unreadable=2, hung_agents=3, failures={"agent": 12},
    ),
}  # fmt: skip
VIRSH = """
[host] hostname
=hostname  *                          libvirt_connection_info

[host] version --daemon
=libvirt_library     Using library           libvirt_versions_info
=libvirtd_running    Running against daemon  libvirt_versions_info
=hypervisor_running  Running hypervisor      libvirt_versions_info

nobody: it is the exporter's own
    libvirt_connections_opened_total libvirt_statistics_connections libvirt_statistics_connections_stuck
    libvirt_domains_unreadable libvirt_guest_agents_hung libvirt_background_failures_total
"""
