"""The sizes of VMs and hosts: rules record them where our exporter is not the source."""

from __future__ import annotations

# Of each part: what rules record, and our exporter's own series.
OF_VMS = {
    "cpu": ("vm:virtual_cpus:count", "libvirt_domain_info_virtual_cpus"),
    "memory": ("vm:maximum_memory:bytes", "libvirt_domain_info_maximum_memory_bytes"),
}
OF_HOSTS = {
    "cpu": ("host:cpus:count", "libvirt_node_cpus"),
    "memory": ("host:memory:bytes", "libvirt_node_memory_total_bytes"),
}


def of_vms(part: str, matchers: str) -> str:
    """The virtual CPUs of each VM, or the most memory that it can be given, in bytes."""
    return f"max by (instance, domain) ({_either(OF_VMS[part], matchers)})"


def of_hosts(part: str, matchers: str) -> str:
    """The CPUs of each host, or its memory in bytes."""
    return f"max by (instance) ({_either(OF_HOSTS[part], matchers)})"


def _either(names: tuple[str, ...], matchers: str) -> str:
    return " or ".join(f"{name}{{{matchers}}}" for name in names)
