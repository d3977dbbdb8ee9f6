"""Maintenance of VMs: an alert that mutes the others."""

from __future__ import annotations

from alert_rules.alert import VM_PAGE, Alert, Area
from alert_rules.values import Section

VALUES = Section("maintenance", "Maintenance windows of VMs", ())

ALERTS = (
    Alert(
        name="VmMaintenance",
        comment="Alertmanager inhibits other alerts on the VM while it fires. It needs no time to fire: "
        "what must not notify must be muted before.",
        expr="max by (instance, domain) (libvirt_domain_virtcast_maintenance) == 1",
        severity="info",
        kind="actual",
        summary="A maintenance window of {{ $labels.domain }} is open",
        description="A maintenance window of the VM {{ $labels.domain }} on {{ $labels.instance }} is open, "
        "by its metadata. Other alerts on it are muted.",
        dashboard=VM_PAGE,
    ),
)

AREAS = (Area(VALUES, ALERTS),)
