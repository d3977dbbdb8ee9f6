"""Resources that run out: a row is an alert on the prediction for soon, one for later, one on the fact."""

from __future__ import annotations

from alert_rules.alert import HOST_PAGE, POOL_PAGE, VM_PAGE
from alert_rules.annotations import DISK, RATIO
from alert_rules.exhaustion import Exhaustion, area
from forecaster.view.inventory import WHOLE_VOLUMES

# Page cache fills free memory in time. A guest that reports free memory only looks full then, and is not.
FREE_ONLY = """(
    libvirt_domain_memory_stats_unused_bytes
      unless on (instance, domain) (
        libvirt_domain_memory_stats_usable_bytes or libvirt_domain_memory_stats_disk_caches_bytes
      )
  )"""

OF_WHOLE_VOLUMES = f'libvirt_pool_info{{type=~"{"|".join(WHOLE_VOLUMES)}"}}'

OF_VMS = (
    Exhaustion(
        area="filesystem",
        about="Exhaustion of file systems in VMs",
        resource="vm_filesystem",
        fills=True,
        predicted="VmFilesystemExhaustionPredicted",
        actual="VmFilesystemFull",
        horizon="24h",
        later_horizon="7d",
        subject="The file system {{ $labels.mountpoint }} in the VM {{ $labels.domain }} "
        "on {{ $labels.instance }}",
        predicted_summary="{{ $labels.mountpoint }} of {{ $labels.domain }} will probably be full",
        actual_summary=f"{{{{ $labels.mountpoint }}}} of {{{{ $labels.domain }}}} is full: {RATIO} used",
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
        later_horizon="24h",
        subject="The memory of the VM {{ $labels.domain }} on {{ $labels.instance }}",
        predicted_summary="{{ $labels.domain }} will probably run out of memory",
        actual_summary=f"{{{{ $labels.domain }}}} is out of memory: {RATIO} used",
        consequence="The guest swaps, or its kernel will soon kill processes.",
        unless=FREE_ONLY,
        why="Not for guests that report free memory only: page cache counts as used there.",
        dashboard=VM_PAGE,
    ),
    Exhaustion(
        area="cpu_saturation",
        about="Saturation of the CPUs of VMs",
        resource="vm_cpu",
        predicted="VmCpuSaturationPredicted",
        actual="VmCpuSaturated",
        horizon="1h",
        later_horizon="24h",
        subject="The CPU use of the VM {{ $labels.domain }} on {{ $labels.instance }}",
        predicted_summary="{{ $labels.domain }} will probably saturate its CPUs",
        actual_summary=f"{{{{ $labels.domain }}}} saturates its CPUs: {RATIO} used",
        consequence="Programs in the guest wait for each other.",
        lasts="30m",
        predicted_severity="info",
        actual_severity="warning",
        dashboard=VM_PAGE,
    ),
    Exhaustion(
        area="disk_image",
        about="Growth of disk images of VMs",
        resource="vm_disk_allocation",
        fills=True,
        predicted="VmDiskImageFullyAllocatedPredicted",
        actual="VmDiskImageFullyAllocated",
        horizon="24h",
        later_horizon="7d",
        subject=DISK,
        predicted_summary="The image of {{ $labels.target_device }} of {{ $labels.domain }} "
        "will probably take its whole size",
        actual_summary=f"The image of {{{{ $labels.target_device }}}} of {{{{ $labels.domain }}}} "
        f"takes {RATIO} of its size",
        consequence="Its thin provisioning saves no space any more.",
        lasts="1h",
        predicted_severity="info",
        actual_severity="info",
        dashboard=VM_PAGE,
    ),
)
OF_HOSTS = (
    Exhaustion(
        area="host_cpu",
        about="Saturation of the CPUs of hosts",
        resource="host_cpu",
        predicted="HostCpuSaturationPredicted",
        actual="HostCpuSaturated",
        horizon="1h",
        later_horizon="24h",
        subject="The CPU use of the host {{ $labels.instance }}",
        predicted_summary="The CPUs of {{ $labels.instance }} will probably be saturated",
        actual_summary=f"The CPUs of {{{{ $labels.instance }}}} are saturated: {RATIO} used",
        consequence="Its VMs wait for CPUs.",
        lasts="15m",
        predicted_severity="info",
        actual_severity="warning",
        explains=("VmCpuStolen", "VmCpuPressure", "VmCpuAnomaly", "VmCpuAnomalySevere"),
        dashboard=HOST_PAGE,
    ),
    Exhaustion(
        area="host_memory",
        about="Exhaustion of the memory of hosts",
        resource="host_memory",
        predicted="HostMemoryExhaustionPredicted",
        actual="HostMemoryExhausted",
        horizon="1h",
        later_horizon="24h",
        subject="The memory of the host {{ $labels.instance }}",
        predicted_summary="{{ $labels.instance }} will probably run out of memory",
        actual_summary=f"{{{{ $labels.instance }}}} is out of memory: {RATIO} used",
        consequence="The host swaps, or its kernel will soon kill a VM.",
        explains=("VmMemoryPressure", "VmBalloonStarved", "VmMemoryAnomaly", "VmMemoryAnomalySevere"),
        dashboard=HOST_PAGE,
    ),
    Exhaustion(
        area="pool",
        about="Exhaustion of storage pools",
        resource="pool",
        fills=True,
        predicted="PoolExhaustionPredicted",
        actual="PoolFull",
        horizon="24h",
        later_horizon="7d",
        subject="The storage pool {{ $labels.pool }} on {{ $labels.instance }}",
        predicted_summary="The storage pool {{ $labels.pool }} will probably be full",
        actual_summary=f"The storage pool {{{{ $labels.pool }}}} is full: {RATIO} used",
        consequence="At 100 % every VM that writes to a thin image in it is paused.",
        unless=OF_WHOLE_VOLUMES,
        why="Not for pools of whole volumes, such as a volume group: their room is given away when a volume "
        "is made, and no VM waits for more.",
        dashboard=POOL_PAGE,
    ),
)

ROWS = (*OF_VMS, *OF_HOSTS)
AREAS = tuple(map(area, ROWS))
