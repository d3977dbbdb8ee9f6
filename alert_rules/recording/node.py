"""Hosts by node_exporter. Give its targets the `instance` of the libvirt exporter on the same host.

Prometheus scrapes other machines, too: where it has hosts of libvirt, only these count. Targets with the
label `domain` are guests: see `alert_rules.guests`.
"""

from __future__ import annotations

from alert_rules.layer import HOST
from alert_rules.promql import also, largest
from alert_rules.provider import Provider, Recorded

AVAILABLE = largest('node_memory_MemAvailable_bytes{domain=""}', HOST)
TOTAL = largest('node_memory_MemTotal_bytes{domain=""}', HOST)
TARGET = (*HOST, "domain")
FILESYSTEM = (*TARGET, "mountpoint", "device", "fstype")

# Hosts of other providers are known by their VMs. Where libvirt has none, names may differ: all count.
# A host stays one for a while after its exporter fell silent.
OTHER_MACHINES = """\
unless on (instance) (
  node_memory_MemTotal_bytes{domain=""}
    unless on (instance) (last_over_time(libvirt_up[6h]) or vm:cpu_utilization:ratio)
    and on () last_over_time(libvirt_up[6h])
)"""


def of_hosts(expr: str) -> str:
    """The figure only of machines that are hosts of VMs."""
    return also(expr, OTHER_MACHINES)


PROVIDER = Provider(
    name="node",
    about="node_exporter on the host",
    reads={
        "node_cpu_seconds_total": (*TARGET, "cpu", "mode"),
        "node_memory_MemAvailable_bytes": TARGET,
        "node_memory_MemTotal_bytes": TARGET,
        "node_filesystem_size_bytes": FILESYSTEM,
        "node_filesystem_free_bytes": FILESYSTEM,
        "node_filesystem_avail_bytes": FILESYSTEM,
        "node_filesystem_readonly": FILESYSTEM,
    },
    rows=(
        Recorded(
            output="host:cpu_utilization:ratio",
            expr=of_hosts("""
                1 - sum by (instance) (
                  avg by (instance, mode) (
                    rate(node_cpu_seconds_total{domain="", mode=~"idle|iowait"}[$rate_window])
                  )
                )
            """),
        ),
        Recorded(
            output="host:memory_utilization:ratio",
            expr=of_hosts(f"""
                1 - {AVAILABLE}
                  / ({TOTAL} > 0)
            """),
        ),
        Recorded(
            output="host:filesystem_utilization:ratio",
            comment="Read-only file systems and those in memory do not fill and are left out.",
            expr=of_hosts("""
                max by (instance, mountpoint) (
                  (
                    node_filesystem_size_bytes{domain="", fstype!~"tmpfs|ramfs|squashfs|iso9660"}
                      - node_filesystem_free_bytes
                  )
                    / (
                      node_filesystem_size_bytes - node_filesystem_free_bytes
                        + node_filesystem_avail_bytes
                      > 0
                    )
                    unless node_filesystem_readonly == 1
                )
            """),
        ),
    ),
)
