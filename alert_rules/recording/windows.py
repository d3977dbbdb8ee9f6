"""VMs by windows_exporter in Windows guests; see `alert_rules.guests` for the label that its targets need."""

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
VOLUME = (*GUEST, "volume")
# Volumes without a letter are the system's own: they are full by design.
LETTERS = 'domain!="", volume!~"HarddiskVolume.*"'


def by_letter(expr: str) -> str:
    """A figure of volumes by their letter, as a mount point."""
    named = f'label_replace({expr}, "mountpoint", "$1", "volume", "(.*)")'
    return f"max by (domain, mountpoint) ({named})"


PROVIDER = Provider(
    name="windows",
    about="windows_exporter in Windows guests",
    reads={
        "windows_memory_available_bytes": GUEST,
        "windows_memory_physical_total_bytes": GUEST,
        "windows_logical_disk_size_bytes": VOLUME,
        "windows_logical_disk_free_bytes": VOLUME,
        "windows_logical_disk_readonly": VOLUME,
    },
    rows=(
        Recorded(
            output=MEMORY,
            comment="Where libvirt has no figures of the balloon.",
            expr=unless_libvirt(
                on_host(
                    'max by (domain) (1 - windows_memory_available_bytes{domain!=""} '
                    "/ (windows_memory_physical_total_bytes > 0))",
                    VM,
                ),
                MEMORY,
                VM,
            ),
        ),
        Recorded(
            output=USED,
            comment="Where the guest has no agent.",
            expr=unless_libvirt(
                on_host(
                    by_letter(
                        f"1 - windows_logical_disk_free_bytes{{{LETTERS}}} "
                        "/ (windows_logical_disk_size_bytes > 0)"
                    ),
                    MOUNT,
                ),
                USED,
                MOUNT,
            ),
        ),
        Recorded(
            output=READ_ONLY,
            comment="By versions of the exporter that tell it.",
            expr=on_host(by_letter(f"windows_logical_disk_readonly{{{LETTERS}}}"), MOUNT),
        ),
    ),
)
