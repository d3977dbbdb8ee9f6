"""What is paid for and not used. Nobody is notified: look at these when you plan."""

from __future__ import annotations

from alert_rules.alert import POOL_PAGE, VM_PAGE, Alert, Area
from alert_rules.annotations import RATIO, THE_VM
from alert_rules.layer import VM
from alert_rules.promql import largest
from alert_rules.values import Section, Value

VALUES = Section(
    "waste",
    "What is not used",
    (
        Value("window", "7d", "The time that is looked back on. It must be covered nearly to its start."),
        Value("idle_cpu", 0.02, "An idle VM never uses more of its CPUs in an hour's mean."),
        Value(
            "idle_bytes", 1_000, "An idle VM receives and sends at most so many bytes per second, as well."
        ),
        Value("spare_cpu", 0.2, "A VM with too many CPUs never uses more of them, by the 95th percentile."),
        Value("spare_cpus", 2, "VMs with fewer CPUs cannot give any away."),
        Value("spare_memory", 0.3, "A VM with too much memory never uses more of it."),
        Value("spare_memory_bytes", 4_294_967_296, "VMs with less memory are left as they are."),
        Value("orphan_bytes", 10_737_418_240, "Orphan volumes of a pool matter from this size on."),
        Value("waste_for", "1h", "It lasts this long before it is reported."),
    ),
)
COVERED = "and on (instance, domain) vm:cpu_utilization:ratio:avg1h offset $window"
TRAFFIC = "\n                + ".join(
    f"sum by (instance, domain) (max by (instance, domain, target_device) "
    f"(max_over_time(vm:network_{way}_bytes:rate:avg1h[$window])))"
    for way in ("receive", "transmit")
)

ALERTS = (
    Alert(
        name="VmIdle",
        expr=f"""
            {largest("max_over_time(vm:cpu_utilization:ratio:avg1h[$window])", VM)} <= $idle_cpu
              and on (instance, domain) (
                {TRAFFIC}
              ) <= $idle_bytes
              {COVERED}
        """,
        for_="$waste_for",
        severity="info",
        kind="actual",
        labels={"resource": "vm_cpu"},
        summary="{{ $labels.domain }} has been idle for $window",
        description=f"{THE_VM} used at most {RATIO} of its CPUs in any hour of the last $window, "
        "and hardly any network.",
        dashboard=VM_PAGE,
    ),
    Alert(
        name="VmCpuOverProvisioned",
        expr=f"""
            {largest("max_over_time(vm:cpu_utilization:ratio:p95_1h[$window])", VM)} <= $spare_cpu
              and on (instance, domain) libvirt_domain_info_virtual_cpus >= $spare_cpus
              {COVERED}
        """,
        for_="$waste_for",
        severity="info",
        kind="actual",
        labels={"resource": "vm_cpu"},
        summary="{{ $labels.domain }} has more CPUs than it uses",
        description=f"{THE_VM} used at most {RATIO} of its CPUs in the busiest hour of the last $window "
        "(95th percentile).",
        dashboard=VM_PAGE,
    ),
    Alert(
        name="VmMemoryOverProvisioned",
        expr=f"""
            {largest("max_over_time(vm:memory_utilization:ratio:max1h[$window])", VM)} <= $spare_memory
              and on (instance, domain) libvirt_domain_info_memory_usage_bytes >= $spare_memory_bytes
              {COVERED}
        """,
        for_="$waste_for",
        severity="info",
        kind="actual",
        labels={"resource": "vm_memory"},
        summary="{{ $labels.domain }} has more memory than it uses",
        description=f"{THE_VM} never used more than {RATIO} of its memory within the last $window.",
        dashboard=VM_PAGE,
    ),
    Alert(
        name="VmOffForLong",
        expr="""
            max by (instance, domain) (min_over_time(libvirt_domain_state{state="shutoff"}[$window])) == 1
              and on (instance, domain) libvirt_domain_state{state="shutoff"} offset $window == 1
        """,
        for_="$waste_for",
        severity="info",
        kind="actual",
        summary="{{ $labels.domain }} has been off for $window",
        description=f"{THE_VM} has been off for $window or more. Its disks still take room.",
        dashboard=VM_PAGE,
    ),
    Alert(
        name="PoolOrphanVolumes",
        expr=f"{largest('libvirt_pool_orphan_volume_bytes', ('instance', 'pool'))} >= $orphan_bytes",
        for_="$waste_for",
        severity="info",
        kind="actual",
        summary="{{ $value | humanize1024 }}B of {{ $labels.pool }} belong to no VM",
        description="Volumes of the storage pool {{ $labels.pool }} on {{ $labels.instance }} that no VM "
        "of this "
        "host uses take {{ $value | humanize1024 }}B.",
        dashboard=POOL_PAGE,
    ),
)

AREAS = (Area(VALUES, ALERTS, advises=True),)
