"""VMs, nodes and storages of Proxmox VE by prometheus-pve-exporter.

A node is an `instance`, a VM's name a `domain`: give VMs of one node different names. Ids are those
of one cluster. Several targets may tell of the whole cluster; they are folded by id. Containers are left out.
"""

from __future__ import annotations

from textwrap import indent

from alert_rules.layer import DEVICE, POOL, VM
from alert_rules.promql import grouped
from alert_rules.provider import Provider, Recorded

RUNS = "max by (id) (pve_up) == 1"
INFO = 'max by (id, name, node) (pve_guest_info{type="qemu"})'


def vm(by_id: str, labels: tuple[str, ...] = VM) -> str:
    """A figure of running VMs by their names; what Proxmox sums over devices is of the device `all`."""
    expr = f"({by_id} and on (id) {RUNS})\n  * on (id) group_left (name, node) {INFO}"
    expr = replaced(replaced(expr, "domain", "$1", "name", "(.*)"), "instance", "$1", "node", "(.*)")
    if labels == DEVICE:
        expr = replaced(expr, "target_device", "all", "id", ".*")
    return f"max by {grouped(labels)} (\n{indent(expr, '  ')}\n)"


def host(by_id: str) -> str:
    """A figure of nodes."""
    named = replaced(by_id, "instance", "$1", "id", "node/(.+)")
    return f"max by (instance) (\n{indent(named, '  ')}\n)"


def replaced(expr: str, label: str, value: str, source: str, pattern: str) -> str:
    """The expression with one more label, from a part of another."""
    return f'label_replace(\n{indent(expr, "  ")},\n  "{label}", "{value}", "{source}", "{pattern}"\n)'


def of(metric: str, kind: str) -> str:
    """A metric of all that has ids of a kind."""
    return f'max by (id) ({metric}{{id=~"{kind}/.+"}})'


def share(part: str, whole: str, kind: str) -> str:
    """A part of a whole that is not empty."""
    return f"{of(part, kind)} / ({of(whole, kind)} > 0)"


def flow(counter: str) -> str:
    """The increase of a counter of VMs per second."""
    return f'max by (id) (rate({counter}{{id=~"qemu/.+"}}[$rate_window]))'


STORAGE = replaced(
    replaced(
        share("pve_disk_usage_bytes", "pve_disk_size_bytes", "storage"),
        "pool",
        "$1",
        "id",
        "storage/[^/]+/(.+)",
    ),
    "instance",
    "$1",
    "id",
    "storage/([^/]+)/.+",
)
ID = ("id",)
PROVIDER = Provider(
    name="proxmox",
    about="prometheus-pve-exporter",
    reads={
        "pve_up": ID,
        "pve_guest_info": ("id", "name", "node", "type", "tags"),
        "pve_cpu_usage_ratio": ID,
        "pve_cpu_usage_limit": ID,
        "pve_memory_usage_bytes": ID,
        "pve_memory_size_bytes": ID,
        "pve_disk_usage_bytes": ID,
        "pve_disk_size_bytes": ID,
        "pve_disk_read_bytes_total": ID,
        "pve_disk_written_bytes_total": ID,
        "pve_network_receive_bytes_total": ID,
        "pve_network_transmit_bytes_total": ID,
    },
    rows=(
        Recorded(output="vm:cpu_utilization:ratio", expr=vm(of("pve_cpu_usage_ratio", "qemu"))),
        Recorded(
            output="vm:memory_utilization:ratio",
            comment="Proxmox counts page cache as used.",
            expr=vm(share("pve_memory_usage_bytes", "pve_memory_size_bytes", "qemu")),
        ),
        Recorded(output="vm:disk_read_bytes:rate", expr=vm(flow("pve_disk_read_bytes_total"), DEVICE)),
        Recorded(output="vm:disk_write_bytes:rate", expr=vm(flow("pve_disk_written_bytes_total"), DEVICE)),
        Recorded(
            output="vm:network_receive_bytes:rate", expr=vm(flow("pve_network_receive_bytes_total"), DEVICE)
        ),
        Recorded(
            output="vm:network_transmit_bytes:rate", expr=vm(flow("pve_network_transmit_bytes_total"), DEVICE)
        ),
        Recorded(output="vm:virtual_cpus:count", expr=vm(of("pve_cpu_usage_limit", "qemu"))),
        Recorded(output="vm:maximum_memory:bytes", expr=vm(of("pve_memory_size_bytes", "qemu"))),
        Recorded(output="host:cpu_utilization:ratio", expr=host(of("pve_cpu_usage_ratio", "node"))),
        Recorded(
            output="host:memory_utilization:ratio",
            expr=host(share("pve_memory_usage_bytes", "pve_memory_size_bytes", "node")),
        ),
        Recorded(output="host:cpus:count", expr=host(of("pve_cpu_usage_limit", "node"))),
        Recorded(output="host:memory:bytes", expr=host(of("pve_memory_size_bytes", "node"))),
        Recorded(
            output="pool:utilization:ratio",
            comment="A shared storage is told of by each node.",
            expr=f"max by {grouped(POOL)} (\n{indent(STORAGE, '  ')}\n)",
        ),
    ),
    yields_to=("node", "libvirt"),
)
