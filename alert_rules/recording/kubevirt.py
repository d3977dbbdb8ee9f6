"""VMs of KubeVirt by virt-handler's own metrics. A node is an `instance`, `namespace/name` a `domain`."""

from __future__ import annotations

from textwrap import indent

from alert_rules.layer import DEVICE, MOUNT, VM
from alert_rules.promql import grouped, largest, rate
from alert_rules.provider import Provider, Recorded

VMI = ("node", "namespace", "name")
DRIVE, INTERFACE, MOUNTED = (*VMI, "drive"), (*VMI, "interface"), (*VMI, "mount_point")
VCPU = (*VMI, "id")
PREFIX = "kubevirt_vmi"
RENAMED = {"drive": "target_device", "interface": "target_device", "mount_point": "mountpoint"}


def named(expr: str, by: tuple[str, ...], labels: tuple[str, ...]) -> str:
    """A figure by KubeVirt's labels, with ours."""
    expr = f'label_replace(\n{indent(expr, "  ")},\n  "instance", "$1", "node", "(.*)"\n)'
    expr = f'label_join(\n{indent(expr, "  ")},\n  "domain", "/", "namespace", "name"\n)'
    for theirs in by[len(VMI) :]:
        expr = f'label_replace(\n{indent(expr, "  ")},\n  "{RENAMED[theirs]}", "$1", "{theirs}", "(.*)"\n)'
    return f"max by {grouped(labels)} (\n{indent(expr, '  ')}\n)"


def flow(counter: str, by: tuple[str, ...]) -> str:
    """The increase of a counter per second."""
    return rate(f"{PREFIX}_{counter}", by)


VCPUS = f"count by {grouped(VMI)} (count by {grouped(VCPU)} ({PREFIX}_vcpu_seconds_total))"
REQUESTS = f"{flow('storage_iops_read_total', DRIVE)} + {flow('storage_iops_write_total', DRIVE)}"
TIMES = (
    f"{flow('storage_read_times_seconds_total', DRIVE)} + {flow('storage_write_times_seconds_total', DRIVE)}"
)
DROPS, PACKETS = (
    " + ".join(flow(f"network_{way}_packets{what}_total", INTERFACE) for way in ("receive", "transmit"))
    for what in ("_dropped", "")
)
USABLE, AVAILABLE = (largest(f"{PREFIX}_memory_{what}_bytes", VMI) for what in ("usable", "available"))
FILES = (*MOUNTED, "disk_name", "file_system_type")

PROVIDER = Provider(
    name="kubevirt",
    about="KubeVirt's virt-handler",
    reads={
        f"{PREFIX}_cpu_usage_seconds_total": VMI,
        f"{PREFIX}_vcpu_seconds_total": (*VCPU, "state"),
        f"{PREFIX}_vcpu_delay_seconds_total": VCPU,
        f"{PREFIX}_memory_usable_bytes": VMI,
        f"{PREFIX}_memory_available_bytes": VMI,
        f"{PREFIX}_memory_domain_bytes": VMI,
        f"{PREFIX}_filesystem_used_bytes": FILES,
        f"{PREFIX}_filesystem_capacity_bytes": FILES,
        f"{PREFIX}_storage_read_traffic_bytes_total": DRIVE,
        f"{PREFIX}_storage_write_traffic_bytes_total": DRIVE,
        f"{PREFIX}_storage_iops_read_total": DRIVE,
        f"{PREFIX}_storage_iops_write_total": DRIVE,
        f"{PREFIX}_storage_read_times_seconds_total": DRIVE,
        f"{PREFIX}_storage_write_times_seconds_total": DRIVE,
        f"{PREFIX}_network_receive_bytes_total": INTERFACE,
        f"{PREFIX}_network_transmit_bytes_total": INTERFACE,
        f"{PREFIX}_network_receive_packets_total": INTERFACE,
        f"{PREFIX}_network_transmit_packets_total": INTERFACE,
        f"{PREFIX}_network_receive_packets_dropped_total": INTERFACE,
        f"{PREFIX}_network_transmit_packets_dropped_total": INTERFACE,
    },
    rows=(
        Recorded(
            output="vm:cpu_utilization:ratio",
            expr=named(f"{flow('cpu_usage_seconds_total', VMI)}\n  / {VCPUS}", VMI, VM),
        ),
        Recorded(
            output="vm:cpu_steal:ratio",
            expr=named(
                f"sum by {grouped(VMI)} ({flow('vcpu_delay_seconds_total', VCPU)})\n  / {VCPUS}", VMI, VM
            ),
        ),
        Recorded(
            output="vm:memory_utilization:ratio",
            expr=named(f"clamp_min(1 - {USABLE}\n  / ({AVAILABLE} > 0), 0)", VMI, VM),
        ),
        Recorded(
            output="vm:filesystem_utilization:ratio",
            comment="The guest agent reports it.",
            expr=named(
                f"{largest(f'{PREFIX}_filesystem_used_bytes', MOUNTED)}\n"
                f"  / ({largest(f'{PREFIX}_filesystem_capacity_bytes', MOUNTED)} > 0)",
                MOUNTED,
                MOUNT,
            ),
        ),
        Recorded(
            output="vm:disk_read_bytes:rate",
            expr=named(flow("storage_read_traffic_bytes_total", DRIVE), DRIVE, DEVICE),
        ),
        Recorded(
            output="vm:disk_write_bytes:rate",
            expr=named(flow("storage_write_traffic_bytes_total", DRIVE), DRIVE, DEVICE),
        ),
        Recorded(output="vm:disk_iops:rate", expr=named(REQUESTS, DRIVE, DEVICE)),
        Recorded(
            output="vm:disk_latency:seconds",
            expr=named(f"({TIMES})\n  / ({REQUESTS} > 0)", DRIVE, DEVICE),
        ),
        Recorded(
            output="vm:network_receive_bytes:rate",
            expr=named(flow("network_receive_bytes_total", INTERFACE), INTERFACE, DEVICE),
        ),
        Recorded(
            output="vm:network_transmit_bytes:rate",
            expr=named(flow("network_transmit_bytes_total", INTERFACE), INTERFACE, DEVICE),
        ),
        Recorded(
            output="vm:network_drops:ratio",
            expr=named(f"({DROPS})\n  / ({PACKETS} + {DROPS} > 0)", INTERFACE, DEVICE),
        ),
        Recorded(output="vm:virtual_cpus:count", expr=named(VCPUS, VMI, VM)),
        Recorded(
            output="vm:maximum_memory:bytes",
            expr=named(largest(f"{PREFIX}_memory_domain_bytes", VMI), VMI, VM),
        ),
    ),
)
