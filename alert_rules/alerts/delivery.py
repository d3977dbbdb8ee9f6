"""Prometheus and Alertmanager: whether rules are evaluated, and notifications delivered."""

from __future__ import annotations

from alert_rules.alert import FLEET, Alert, Area
from alert_rules.annotations import NUMBER
from alert_rules.values import Section, Value

VALUES = Section(
    "delivery",
    "Prometheus and Alertmanager",
    (
        Value("window", "15m", "Failures are reported for this long."),
        Value("rules_for", "5m", "Rules fail this long before it is reported."),
        Value("refused_for", "15m", "A target's samples are refused this long before it is reported."),
    ),
)

ALERTS = (
    Alert(
        name="PrometheusRulesFailing",
        expr="""
            max by (instance, rule_group) (
              increase(prometheus_rule_evaluation_failures_total{rule_group=~".*virtcast-.*"}[$window])
            ) > 0
        """,
        for_="$rules_for",
        severity="critical",
        kind="actual",
        summary="Prometheus {{ $labels.instance }} cannot evaluate rules of virtcast",
        description=f"{NUMBER} evaluations of {{{{ $labels.rule_group }}}} failed within $window on "
        "{{ $labels.instance }}. Its alerts may be silent.",
        dashboard=FLEET,
    ),
    Alert(
        name="PrometheusRulesLate",
        expr="""
            max by (instance, rule_group) (
              increase(prometheus_rule_group_iterations_missed_total{rule_group=~".*virtcast-.*"}[$window])
            ) > 0
        """,
        for_="$rules_for",
        severity="warning",
        kind="actual",
        summary="Prometheus {{ $labels.instance }} is too slow for rules of virtcast",
        description=f"{NUMBER} evaluations of {{{{ $labels.rule_group }}}} were left out within $window on "
        "{{ $labels.instance }}: the one before took too long. Alerts come late.",
        dashboard=FLEET,
    ),
    Alert(
        name="PrometheusNotificationsFailing",
        expr="""
            max by (instance) (increase(prometheus_notifications_dropped_total[$window])) > 0
              or
            max by (instance) (
              sum by (instance, job) (increase(prometheus_notifications_errors_total[$window]))
            ) > 0
        """,
        for_="$rules_for",
        severity="critical",
        kind="actual",
        summary="Prometheus {{ $labels.instance }} cannot send alerts to Alertmanager",
        description=f"{NUMBER} alerts of Prometheus {{{{ $labels.instance }}}} did not reach an Alertmanager "
        "within $window.",
        dashboard=FLEET,
    ),
    Alert(
        name="AlertmanagerNotificationsFailing",
        expr="""
            max by (instance, integration) (
              sum by (instance, integration, job) (increase(alertmanager_notifications_failed_total[$window]))
            ) > 0
        """,
        for_="$rules_for",
        severity="critical",
        kind="actual",
        summary="Alertmanager {{ $labels.instance }} cannot notify by {{ $labels.integration }}",
        description=f"{NUMBER} notifications by {{{{ $labels.integration }}}} failed within $window on "
        "{{ $labels.instance }}. Look at the alerts in Alertmanager until it is mended.",
        dashboard=FLEET,
    ),
    Alert(
        name="PrometheusSamplesRefused",
        comment="Two targets with the same labels, or a clock that jumps.",
        expr="""
            max by (instance) (increase(prometheus_target_scrapes_sample_duplicate_timestamp_total[$window]))
              + on (instance)
            max by (instance) (increase(prometheus_target_scrapes_sample_out_of_bounds_total[$window]))
              > 0
        """,
        for_="$refused_for",
        severity="warning",
        kind="actual",
        summary="Prometheus {{ $labels.instance }} refuses samples",
        description=f"Prometheus {{{{ $labels.instance }}}} refused {NUMBER} samples within $window: "
        "two targets have the same labels, or a clock is wrong.",
        dashboard=FLEET,
    ),
)

AREAS = (Area(VALUES, ALERTS),)
