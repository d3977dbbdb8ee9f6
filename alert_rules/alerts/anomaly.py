"""What is unusual: a row here is two alerts on anomalies of a resource. Below, many at once, and silence."""

from __future__ import annotations

from alert_rules.alert import HOST_PAGE, POOL_PAGE, VM_PAGE, Alert, Area
from alert_rules.annotations import DISK, NUMBER, PERCENT, THE_VM, each, where
from alert_rules.anomaly import Anomaly, area
from alert_rules.values import Section, Value

OF_VMS = (
    Anomaly(
        area="cpu",
        name="VmCpuAnomaly",
        resource="vm_cpu",
        deviation=0.2,
        severe_use=0.8,
        what="CPU use of {{ $labels.domain }}",
        subject="The CPU of the VM {{ $labels.domain }} on {{ $labels.instance }}",
        dashboard=VM_PAGE,
    ),
    Anomaly(
        area="memory_anomaly",
        name="VmMemoryAnomaly",
        resource="vm_memory",
        deviation=0.15,
        severe_use=0.85,
        what="Memory use of {{ $labels.domain }}",
        subject="The memory of the VM {{ $labels.domain }} on {{ $labels.instance }}",
        dashboard=VM_PAGE,
    ),
    Anomaly(
        area="filesystem_anomaly",
        name="VmFilesystemAnomaly",
        resource="vm_filesystem",
        deviation=0.1,
        severe_use=0.8,
        what="The use of {{ $labels.mountpoint }} of {{ $labels.domain }}",
        subject="The file system {{ $labels.mountpoint }} in the VM {{ $labels.domain }} "
        "on {{ $labels.instance }}",
        dashboard=VM_PAGE,
    ),
    Anomaly(
        area="disk_image_anomaly",
        name="VmDiskImageAnomaly",
        resource="vm_disk_allocation",
        deviation=0.1,
        severe_use=0.8,
        what="The growth of the image of {{ $labels.target_device }} of {{ $labels.domain }}",
        subject=f"{DISK}",
        dashboard=VM_PAGE,
    ),
)
OF_HOSTS = (
    Anomaly(
        area="host_cpu_anomaly",
        name="HostCpuAnomaly",
        resource="host_cpu",
        deviation=0.2,
        severe_use=0.8,
        what="CPU use of the host {{ $labels.instance }}",
        subject="The CPU of the host {{ $labels.instance }}",
        dashboard=HOST_PAGE,
    ),
    Anomaly(
        area="host_memory_anomaly",
        name="HostMemoryAnomaly",
        resource="host_memory",
        deviation=0.1,
        severe_use=0.8,
        what="Memory use of the host {{ $labels.instance }}",
        subject="The memory of the host {{ $labels.instance }}",
        dashboard=HOST_PAGE,
    ),
    Anomaly(
        area="pool_anomaly",
        name="PoolAnomaly",
        resource="pool",
        deviation=0.05,
        severe_use=0.75,
        what="The use of the storage pool {{ $labels.pool }}",
        subject="The storage pool {{ $labels.pool }} on {{ $labels.instance }}",
        dashboard=POOL_PAGE,
    ),
)
ROWS = (*OF_VMS, *OF_HOSTS)

VALUES = Section(
    "anomalies",
    "Anomalies that occur together, and VMs that fell silent",
    (
        Value("resources", 2, "Resources of one VM that are unusual at once."),
        Value("vms", 3, "VMs of one host that are unusual at once."),
        Value("together_for", "5m", "They are unusual together this long before it is reported.", demo="4s"),
        Value("together_keep_firing_for", "15m", "It is reported this long after it is gone.", demo="20s"),
        Value("silent_use", 0.01, "A silent VM uses at most this share of its CPUs."),
        Value("silent_normal", 0.1, "A VM can fall silent if at least this share was normal."),
        Value("silent_bytes", 100, "A silent VM receives and sends at most so many bytes per second."),
        Value("silent_for", "15m", "A VM is silent this long before it is reported.", demo="30s"),
        Value("silent_keep_firing_for", "15m", "It is reported this long after it is over.", demo="20s"),
    ),
)
# The folders in which VMs have disks: those of pools are among them.
IN_FOLDER = """count by (instance, domain, path) (
    label_replace(libvirt_domain_block_stats_info, "path", "$1", "source", "(/.+)/[^/]+")
  )"""
ANOMALIES = 'ALERTS{kind="anomaly", alertstate="firing", resource!="", domain!=""}'
NORMAL = 'max(virtcast_anomaly_origin_value{resource="vm_cpu",instance="$instance",domain="$domain"})'
TRAFFIC = " + ".join(
    f"sum by (instance, domain) (max by (instance, domain, target_device) (vm:network_{way}_bytes:rate))"
    for way in ("receive", "transmit")
)

TOGETHER = (
    Alert(
        name="VmSeveralAnomalies",
        comment="Each of the anomalies has a fact beside the model already.",
        expr=f"""
            count by (instance, domain) (count by (instance, domain, resource) ({ANOMALIES})) >= $resources
        """,
        for_="$together_for",
        keep_firing_for="$together_keep_firing_for",
        severity="warning",
        kind="anomaly",
        summary=f"{{{{ $labels.domain }}}} is unusual in {NUMBER} resources",
        description=f"{THE_VM} is unusual in several resources: "
        + each(
            "count by (resource) "
            '(ALERTS{kind="anomaly",alertstate="firing",resource!="",instance="$instance",domain="$domain"})',
            "{{ .Labels.resource }} ",
            otherwise="unknown.",
        ),
        dashboard=VM_PAGE,
    ),
    Alert(
        name="HostSeveralVmAnomalies",
        comment="One cause on the host, or one service on several VMs: one alert instead of many.",
        expr=f"count by (instance) (count by (instance, domain) ({ANOMALIES})) >= $vms",
        for_="$together_for",
        keep_firing_for="$together_keep_firing_for",
        severity="warning",
        kind="anomaly",
        explains=(
            *(row.name for row in OF_VMS),
            *(f"{row.name}Severe" for row in OF_VMS),
            "VmSeveralAnomalies",
        ),
        summary=f"{NUMBER} VMs of {{{{ $labels.instance }}}} are unusual at once",
        description=f"{NUMBER} VMs of the host {{{{ $labels.instance }}}} are unusual at once. "
        "Suspect the host, its storage or network, or a service that runs on all of them.",
        dashboard=HOST_PAGE,
    ),
    Alert(
        name="PoolSeveralVmAnomalies",
        comment="Not where all VMs of the host have disks there: nothing points at the pool. Of pools with "
        "one folder, each is told.",
        expr=f"""
            max by (instance, pool) (
              group by (instance, path, pool) (libvirt_pool_info{{path!=""}})
                * on (instance, path) group_left () (
                  count by (instance, path) (
                    {IN_FOLDER}
                      and on (instance, domain) ({ANOMALIES})
                  )
                    >= $vms
                    and on (instance, path) (
                      count by (instance, path) ({IN_FOLDER})
                        < on (instance) group_left ()
                      count by (instance) (count by (instance, domain) (libvirt_domain_block_stats_info))
                    )
                )
            )
        """,
        for_="$together_for",
        keep_firing_for="$together_keep_firing_for",
        severity="warning",
        kind="anomaly",
        explains=("HostSeveralVmAnomalies",),
        summary=f"{NUMBER} VMs with disks in the pool {{{{ $labels.pool }}}} are unusual at once",
        description=f"{NUMBER} VMs of the host {{{{ $labels.instance }}}} with disks in the storage pool "
        "{{ $labels.pool }} are unusual at once. Suspect the pool's storage.",
        dashboard=POOL_PAGE,
    ),
    Alert(
        name="VmFellSilent",
        comment="The CPU use fell to nothing where it was not nothing before, and no traffic flows.",
        expr=f"""
            max by (instance, domain) (vm:cpu_utilization:ratio) <= $silent_use
              and on (instance, domain)
              max by (instance, domain) (virtcast_anomaly_origin_value{{resource="vm_cpu"}}) >= $silent_normal
              and on (instance, domain)
              max by (instance, domain) (virtcast_anomaly_score{{resource="vm_cpu"}}) >= 0.9
              and on (instance, domain)
              {TRAFFIC} <= $silent_bytes
        """,
        for_="$silent_for",
        keep_firing_for="$silent_keep_firing_for",
        severity="warning",
        kind="anomaly",
        labels={"resource": "vm_cpu"},
        summary="{{ $labels.domain }} has fallen silent",
        description=f"{THE_VM} runs, but does nothing: {{{{ $value | humanizePercentage }}}} of its CPUs used"
        + where(NORMAL, f", where {PERCENT} was normal")
        + ", and no network traffic.",
        dashboard=VM_PAGE,
    ),
)

AREAS = (*map(area, ROWS), Area(VALUES, TOGETHER))
