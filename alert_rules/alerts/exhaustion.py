"""Resources that run out: a row here is an alert on the prediction and one on the fact."""

from __future__ import annotations

from alert_rules.alert import VM_PAGE
from alert_rules.exhaustion import Exhaustion, area

# Page cache fills free memory in time. A guest that reports free memory only looks full then, and is not.
FREE_ONLY = """(
    libvirt_domain_memory_stats_unused_bytes
      unless on (instance, domain) (
        libvirt_domain_memory_stats_usable_bytes or libvirt_domain_memory_stats_disk_caches_bytes
      )
  )"""

ROWS = (
    Exhaustion(
        area="filesystem",
        about="Exhaustion of file systems in VMs",
        resource="vm_filesystem",
        predicted="VmFilesystemExhaustionPredicted",
        actual="VmFilesystemFull",
        horizon="24h",
        subject="The file system {{ $labels.mountpoint }} in the VM {{ $labels.domain }} "
        "on {{ $labels.instance }}",
        predicted_summary="{{ $labels.mountpoint }} of {{ $labels.domain }} will probably be full",
        actual_summary="{{ $labels.mountpoint }} of {{ $labels.domain }} is full: "
        "{{ $value | humanizePercentage }} used",
        consequence="Programs that write to it fail, or will fail soon.",
        dashboard=VM_PAGE,
    ),
    Exhaustion(
        area="memory",
        about="Exhaustion of the memory of VMs",
        resource="vm_memory",
        predicted="VmMemoryExhaustionPredicted",
        actual="VmMemoryExhausted",
        horizon="1h",
        subject="The memory of the VM {{ $labels.domain }} on {{ $labels.instance }}",
        predicted_summary="{{ $labels.domain }} will probably run out of memory",
        actual_summary="{{ $labels.domain }} is out of memory: {{ $value | humanizePercentage }} used",
        consequence="The guest swaps, or its kernel will soon kill processes.",
        unless=FREE_ONLY,
        why="Not for guests that report free memory only: page cache counts as used there.",
        dashboard=VM_PAGE,
    ),
)

AREAS = tuple(map(area, ROWS))
