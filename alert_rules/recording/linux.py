"""VMs by node_exporter in Linux guests; see `alert_rules.guests` for the label that its targets need."""

from __future__ import annotations

from alert_rules.guests import on_host, unless_libvirt
from alert_rules.layer import MOUNT, VM
from alert_rules.provider import Provider, Recorded

MEMORY, USED, READ_ONLY = (
    "vm:memory_utilization:ratio",
    "vm:filesystem_utilization:ratio",
    "vm:filesystem_read_only:ratio",
)
GUEST = ("instance", "domain")
FILESYSTEM = (*GUEST, "mountpoint", "device", "fstype")
# File systems in memory, and those that are read-only by their kind.
REAL = 'domain!="", fstype!~"tmpfs|ramfs|squashfs|iso9660|overlay"'

PROVIDER = Provider(
    name="linux",
    about="node_exporter in Linux guests",
    reads={
        "node_memory_MemAvailable_bytes": GUEST,
        "node_memory_MemTotal_bytes": GUEST,
        "node_filesystem_size_bytes": FILESYSTEM,
        "node_filesystem_free_bytes": FILESYSTEM,
        "node_filesystem_avail_bytes": FILESYSTEM,
        "node_filesystem_readonly": FILESYSTEM,
    },
    rows=(
        Recorded(
            output=MEMORY,
            comment="Where libvirt has no figures of the balloon.",
            expr=unless_libvirt(
                on_host(
                    'max by (domain) (1 - node_memory_MemAvailable_bytes{domain!=""} '
                    "/ (node_memory_MemTotal_bytes > 0))",
                    VM,
                ),
                MEMORY,
                VM,
            ),
        ),
        Recorded(
            output=USED,
            comment="Where the guest has no agent. Read-only file systems do not fill and are left out.",
            expr=unless_libvirt(
                on_host(
                    f"""\
max by (domain, mountpoint) (
  (node_filesystem_size_bytes{{{REAL}}} - node_filesystem_free_bytes)
    / (node_filesystem_size_bytes - node_filesystem_free_bytes + node_filesystem_avail_bytes > 0)
    unless node_filesystem_readonly == 1
)""",
                    MOUNT,
                ),
                USED,
                MOUNT,
            ),
        ),
        Recorded(
            output=READ_ONLY,
            expr=on_host(f"max by (domain, mountpoint) (node_filesystem_readonly{{{REAL}}})", MOUNT),
        ),
    ),
)
