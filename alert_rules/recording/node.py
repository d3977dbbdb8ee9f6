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

# Hosts of libvirt are those of its exporters, also of those that do not answer; hosts of other providers are
# known by their VMs. Without an exporter of libvirt all machines count: others may name hosts differently.
EXPORTERS = '(last_over_time(libvirt_up[6h]) or up{job=~"$libvirt_jobs"})'
OTHERS_VMS = 'last_over_time(vm:cpu_utilization:ratio{provider!="libvirt"}[1h])'


def of_hosts(expr: str, reading: str) -> str:
    """The figure only of machines that are hosts of VMs; each has a `reading`, which may just have ended."""
    return also(
        expr,
        f"""\
unless on (instance) (
  last_over_time({reading}[$rate_window])
    unless on (instance) ({EXPORTERS} or {OTHERS_VMS})
    and on () {EXPORTERS}
)""",
    )


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
            expr=of_hosts(
                """
                1 - sum by (instance) (
                  avg by (instance, mode) (
                    rate(node_cpu_seconds_total{domain="", mode=~"idle|iowait"}[$rate_window])
                  )
                )
            """,
                'node_cpu_seconds_total{domain="", cpu="0", mode="idle"}',
            ),
        ),
        Recorded(
            output="host:memory_utilization:ratio",
            expr=of_hosts(
                f"""
                1 - {AVAILABLE}
                  / ({TOTAL} > 0)
            """,
                'node_memory_MemTotal_bytes{domain=""}',
            ),
        ),
        Recorded(
            output="host:filesystem_utilization:ratio",
            comment="Read-only file systems and those in memory do not fill and are left out.",
            expr=of_hosts(
                """
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
            """,
                'node_filesystem_size_bytes{domain=""}',
            ),
        ),
    ),
)
