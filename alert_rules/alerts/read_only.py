"""File systems in VMs that have turned read-only, as their kernels make them after an error."""

from __future__ import annotations

from alert_rules.alert import VM_PAGE, Alert, Area
from alert_rules.layer import MOUNT
from alert_rules.promql import grouped, largest
from alert_rules.values import Section, Value

VALUES = Section(
    "read_only",
    "File systems in VMs that have turned read-only",
    (
        Value("writable_within", "7d", "A file system that was writable within this time should still be."),
        Value("read_only_for", "2m", "It is read-only this long before it is reported."),
    ),
)
READ_ONLY = "vm:filesystem_read_only:ratio"

ALERTS = (
    Alert(
        name="VmFilesystemReadOnly",
        comment="Not for those that are read-only by design: they have not been writable.",
        expr=f"""
            {largest(READ_ONLY, MOUNT)} == 1
              and on {grouped(MOUNT)} min_over_time({READ_ONLY}[$writable_within]) == 0
        """,
        for_="$read_only_for",
        severity="critical",
        kind="actual",
        labels={"resource": "vm_filesystem"},
        summary="{{ $labels.mountpoint }} of {{ $labels.domain }} has turned read-only",
        description="The file system {{ $labels.mountpoint }} in the VM {{ $labels.domain }} on "
        "{{ $labels.instance }} is read-only and was writable within the last $writable_within. Kernels do "
        "that after I/O errors. Programs that write to it fail.",
        dashboard=VM_PAGE,
    ),
)

AREAS = (Area(VALUES, ALERTS),)
