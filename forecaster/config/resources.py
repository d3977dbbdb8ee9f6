"""The only table of resources: gauges, pages, rules, dashboards and the example configuration read it.

Queries are utilisation ratios of the normalised layer. Limits, and why:

- CPU 0.9: above it run queues grow and neighbours see steal; "high CPU" alerts commonly use it.
- VM memory 0.95: page cache counts as free here, so beyond it the guest swaps or kills processes.
- host memory 0.9: QEMU's overhead needs the rest; beyond it the host's OOM killer picks a VM.
- storage pools 0.9: a full pool pauses every guest that writes to it, so there must be time to extend it.
- file systems and disk images 0.95: at usual growth some hours are left, and writes get slow from there on.

Shares lie between 0 and 1; a disk image can be larger than its disk, by its own tables and snapshots.
"""

from __future__ import annotations

from forecaster.config.resource import LONG, Display, Resource


# What silences taught and the metadata of VMs state. `job` and `resource` are no labels of the series.
def sensitivity(resource: str, part: str = "") -> str:
    """The sensitivities of a resource: taught of a series, else stated of a VM; `part` as Display has it."""
    by = ", ".join(filter(None, ("instance, domain", part)))
    taught = f'max by ({by}) (virtcast_anomaly_sensitivity_ratio{{resource="{resource}"}})'
    return f"{taught} or max by (instance, domain) (libvirt_domain_virtcast_sensitivity_ratio)"


def stated_limit(resource: str) -> str:
    """The limits of a resource by the metadata of VMs."""
    return f'max by (instance, domain) (libvirt_domain_virtcast_limit_value{{resource="{resource}"}})'


RESOURCES: tuple[Resource, ...] = (
    Resource(
        "vm_cpu",
        "vm:cpu_utilization:ratio",
        limit=0.9,
        limit_query=stated_limit("vm_cpu"),
        sensitivity_query=sensitivity("vm_cpu"),
        min_deviation=0.1,
        follow=("instance",),
        lowest=0.0,
        highest=1.0,
        counters=(
            "libvirt_domain_info_cpu_time_seconds_total",
            "kubevirt_vmi_cpu_usage_seconds_total",
            "opennebula_libvirt_cpu_seconds_total",
        ),
        display=Display(
            "CPU",
            "Share of the time of the VM's virtual CPUs.",
            absent="No CPU time: the VM does not run",
            owner="vm",
            from_zero=True,
        ),
    ),
    Resource(
        "vm_memory",
        "vm:memory_utilization:ratio",
        limit=0.95,
        limit_query=stated_limit("vm_memory"),
        sensitivity_query=sensitivity("vm_memory"),
        min_deviation=0.05,
        follow=("instance",),
        lowest=0.0,
        highest=1.0,
        display=Display(
            "Memory",
            "Memory no longer available to programs in the guest; the guest's balloon driver reports it.",
            absent="No figures: the guest's balloon driver reports none",
            owner="vm",
        ),
    ),
    Resource(
        "vm_filesystem",
        "vm:filesystem_utilization:ratio",
        limit=0.95,
        limit_query=stated_limit("vm_filesystem"),
        sensitivity_query=sensitivity("vm_filesystem", "mountpoint"),
        min_deviation=0.02,
        horizons=LONG,
        follow=("instance",),
        lowest=0.0,
        highest=1.0,
        display=Display(
            "File system",
            "As df in the guest shows it; the guest agent reports it.",
            absent="No file systems: the guest agent does not answer",
            owner="vm",
            part="mountpoint",
        ),
    ),
    Resource(
        "vm_disk_allocation",
        "vm:disk_allocation:ratio",
        limit=0.95,
        limit_query=stated_limit("vm_disk_allocation"),
        sensitivity_query=sensitivity("vm_disk_allocation", "target_device"),
        min_deviation=0.02,
        horizons=LONG,
        follow=("instance",),
        lowest=0.0,
        display=Display(
            "Disk image",
            "Share of the virtual disk that its image takes on the host.",
            absent="No disks: the VM does not run, or has none",
            owner="vm",
            part="target_device",
        ),
    ),
    Resource(
        "host_cpu",
        "host:cpu_utilization:ratio",
        limit=0.9,
        min_deviation=0.1,
        lowest=0.0,
        highest=1.0,
        counters=(  # one of each host
            'libvirt_host_cpu_seconds_total{mode="idle"}',
            'libvirt_node_cpu_seconds_total{mode="idle"}',
            'node_cpu_seconds_total{cpu="0", domain="", mode="idle"}',
        ),
        display=Display(
            "Host CPU",
            "Share of the time of the host's CPUs.",
            absent="No figures of the host's CPUs",
            owner="host",
            from_zero=True,
        ),
    ),
    Resource(
        "host_memory",
        "host:memory_utilization:ratio",
        limit=0.9,
        min_deviation=0.05,
        lowest=0.0,
        highest=1.0,
        display=Display(
            "Host memory",
            "Memory no longer available to programs on the host.",
            absent="No figures of the host's memory",
            owner="host",
        ),
    ),
    Resource(
        "pool",
        "pool:utilization:ratio",
        limit=0.9,
        min_deviation=0.02,
        horizons=LONG,
        lowest=0.0,
        highest=1.0,
        display=Display(
            "Storage pool",
            "Share of the storage below the pool that is taken.",
            absent="libvirt knows no storage pools here",
            owner="host",
            part="pool",
        ),
    ),
)
