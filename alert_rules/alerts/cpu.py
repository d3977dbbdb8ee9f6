"""CPU usage of VMs."""

from __future__ import annotations

from alert_rules.alert import VM_PAGE, Alert, Area
from alert_rules.annotations import PERCENT, where
from alert_rules.values import Section, Value

VALUES = Section(
    "cpu",
    "Anomalies of the CPU use of VMs",
    (
        Value(
            "deviation",
            0.2,
            "Smallest distance from the normal use, a share of the CPUs, if the forecaster states none.",
        ),
        Value("anomaly_for", "10m", "An anomaly lasts this long before it fires.", demo="4s"),
        Value("anomaly_keep_firing_for", "15m", "An anomaly fires this long after it is gone.", demo="20s"),
    ),
)
USED = 'max(vm:cpu_utilization:ratio{instance="$instance",domain="$domain"})'
NORMAL = 'max(virtcast_anomaly_origin_value{resource="vm_cpu",instance="$instance",domain="$domain"})'

ALERTS = (
    Alert(
        name="VmCpuAnomaly",
        comment="An unusual score matters only where the use is far from what was normal when the anomaly "
        "began, up or down. The value expected now would not do: it follows an anomaly that lasts.",
        expr="""
            max by (instance, domain) (virtcast_anomaly_score{resource="vm_cpu"}) >= 0.9
              and on (instance, domain) abs(
                max by (instance, domain) (vm:cpu_utilization:ratio)
                  - max by (instance, domain) (virtcast_anomaly_origin_value{resource="vm_cpu"})
              ) >= (
                max by (instance, domain) (virtcast_min_deviation_value{resource="vm_cpu"})
                  or
                clamp(max by (instance, domain) (vm:cpu_utilization:ratio), $deviation, $deviation)
              )
        """,
        for_="$anomaly_for",
        keep_firing_for="$anomaly_keep_firing_for",
        severity="info",
        kind="actual",
        labels={"resource": "vm_cpu"},
        summary='CPU usage of {{ $labels.domain }} is unusual: anomaly score {{ $value | printf "%.2f" }}',
        description="The VM {{ $labels.domain }} on {{ $labels.instance }}"
        + where(USED, f" uses {PERCENT} of its CPUs")
        + where(NORMAL, f", where {PERCENT} was normal")
        + ". A score of 0.9 or more is unusual.",
        dashboard=VM_PAGE,
    ),
)

AREAS = (Area(VALUES, ALERTS),)
