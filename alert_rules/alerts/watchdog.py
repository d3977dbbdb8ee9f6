"""The delivery of alerts itself."""

from __future__ import annotations

from alert_rules.alert import FLEET, Alert, Area
from alert_rules.values import Section

ALERTS = (
    Alert(
        name="Watchdog",
        comment="A dead man's switch: it always fires. Its receiver raises the alarm when it stops.",
        expr="vector(1)",
        severity="none",
        kind="actual",
        summary="Prometheus evaluates its rules and Alertmanager delivers notifications",
        description="This alert always fires. When it does not arrive, no other alert arrives: Prometheus, "
        "Alertmanager or the connection between them and the receiver is broken.",
        dashboard=FLEET,
    ),
)

AREAS = (Area(Section("watchdog", "Delivery of alerts", ()), ALERTS),)
