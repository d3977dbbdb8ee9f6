"""VMs, hosts and datastores of vCenter by vmware_exporter.

A host is an `instance`, a VM's name a `domain`: give VMs of one host different names. A datastore belongs to
a data centre, which is its `instance`.
"""

from __future__ import annotations

from textwrap import indent
from typing import TYPE_CHECKING

from alert_rules.layer import DEVICE, HOST, MOUNT, POOL, VM
from alert_rules.promql import grouped
from alert_rules.provider import Provider, Recorded

if TYPE_CHECKING:
    from collections.abc import Iterable

SAMPLE_MS = 20_000  # of vCenter's counters in real time: the time over which it sums and averages
HUNDREDTHS = 10_000  # of a percent, in which it gives shares
KILOBYTE, MEBIBYTE = 1024, 1_048_576  # bytes, of its rates and of its sizes of memory
OF_VM = ("vm_name", "host_name")
OF_HOST = ("host_name",)
RUNS = "vmware_vm_power_state == 1"


def named(expr: str, labels: Iterable[str], source: dict[str, str]) -> str:
    """The figure with the labels of the layer, each from one of the exporter's."""
    for label, its in source.items():
        expr = f'label_replace(\n{indent(expr, "  ")},\n  "{label}", "$1", "{its}", "(.*)"\n)'
    return f"max by {grouped(labels)} (\n{indent(expr, '  ')}\n)"


def vm(expr: str) -> str:
    """A figure of VMs that run."""
    running = f"{expr}\n  and on {grouped(OF_VM)} {RUNS}"
    return named(running, VM, {"domain": "vm_name", "instance": "host_name"})


def of_all_devices(expr: str) -> str:
    """The same of what vCenter sums over devices: they are the device `all`."""
    device = f'label_replace({expr}, "target_device", "all", "vm_name", ".*")'
    return named(
        f"{device}\n  and on {grouped(OF_VM)} {RUNS}", DEVICE, {"domain": "vm_name", "instance": "host_name"}
    )


def host(expr: str) -> str:
    """A figure of hosts."""
    return named(expr, HOST, {"instance": "host_name"})


def rate(counter: str) -> str:
    """Bytes per second of a counter in kilobytes per second."""
    return f"{counter} * {KILOBYTE}"


PROVIDER = Provider(
    name="vmware",
    about="vmware_exporter",
    reads={
        "vmware_vm_power_state": OF_VM,
        "vmware_vm_cpu_usage_average": OF_VM,
        "vmware_vm_cpu_ready_summation": OF_VM,
        "vmware_vm_num_cpu": OF_VM,
        "vmware_vm_memory_max": OF_VM,
        "vmware_vm_mem_usage_average": OF_VM,
        "vmware_vm_guest_disk_capacity": (*OF_VM, "partition"),
        "vmware_vm_guest_disk_free": (*OF_VM, "partition"),
        "vmware_vm_disk_read_average": OF_VM,
        "vmware_vm_disk_write_average": OF_VM,
        "vmware_vm_net_received_average": OF_VM,
        "vmware_vm_net_transmitted_average": OF_VM,
        "vmware_host_cpu_usage": OF_HOST,
        "vmware_host_cpu_max": OF_HOST,
        "vmware_host_num_cpu": OF_HOST,
        "vmware_host_memory_usage": OF_HOST,
        "vmware_host_memory_max": OF_HOST,
        "vmware_datastore_capacity_size": ("ds_name", "dc_name"),
        "vmware_datastore_freespace_size": ("ds_name", "dc_name"),
    },
    rows=(
        Recorded(output="vm:cpu_utilization:ratio", expr=vm(f"vmware_vm_cpu_usage_average / {HUNDREDTHS}")),
        Recorded(
            output="vm:cpu_steal:ratio",
            comment="vCenter sums the time of all CPUs that were ready.",
            expr=vm(f"vmware_vm_cpu_ready_summation / {SAMPLE_MS} / (vmware_vm_num_cpu > 0)"),
        ),
        Recorded(
            output="vm:memory_utilization:ratio",
            comment="The memory that the guest touched of late, as the hypervisor estimates it.",
            expr=vm(f"vmware_vm_mem_usage_average / {HUNDREDTHS}"),
        ),
        Recorded(
            output="vm:filesystem_utilization:ratio",
            comment="Needs VMware Tools in the guest.",
            expr=named(
                "1 - vmware_vm_guest_disk_free / (vmware_vm_guest_disk_capacity > 0)",
                MOUNT,
                {"mountpoint": "partition", "domain": "vm_name", "instance": "host_name"},
            ),
        ),
        Recorded(output="vm:disk_read_bytes:rate", expr=of_all_devices(rate("vmware_vm_disk_read_average"))),
        Recorded(
            output="vm:disk_write_bytes:rate", expr=of_all_devices(rate("vmware_vm_disk_write_average"))
        ),
        Recorded(
            output="vm:network_receive_bytes:rate",
            expr=of_all_devices(rate("vmware_vm_net_received_average")),
        ),
        Recorded(
            output="vm:network_transmit_bytes:rate",
            expr=of_all_devices(rate("vmware_vm_net_transmitted_average")),
        ),
        Recorded(output="vm:virtual_cpus:count", expr=vm("vmware_vm_num_cpu")),
        Recorded(output="vm:maximum_memory:bytes", expr=vm(f"vmware_vm_memory_max * {MEBIBYTE}")),
        Recorded(
            output="host:cpu_utilization:ratio",
            expr=host("vmware_host_cpu_usage / (vmware_host_cpu_max > 0)"),
        ),
        Recorded(
            output="host:memory_utilization:ratio",
            expr=host("vmware_host_memory_usage / (vmware_host_memory_max > 0)"),
        ),
        Recorded(output="host:cpus:count", expr=host("vmware_host_num_cpu")),
        Recorded(output="host:memory:bytes", expr=host(f"vmware_host_memory_max * {MEBIBYTE}")),
        Recorded(
            output="pool:utilization:ratio",
            expr=named(
                "1 - vmware_datastore_freespace_size / (vmware_datastore_capacity_size > 0)",
                POOL,
                {"pool": "ds_name", "instance": "dc_name"},
            ),
        ),
    ),
    yields_to=("node", "libvirt"),
)
