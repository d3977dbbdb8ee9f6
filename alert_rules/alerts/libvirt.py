"""libvirt on the hosts: its connection and its live migrations."""

from __future__ import annotations

from textwrap import indent

from alert_rules.alert import FLEET_HOST, Alert, Area
from alert_rules.annotations import each, where
from alert_rules.promql import scraped
from alert_rules.values import Section, Value

VALUES = Section(
    "libvirt",
    "libvirt on the hosts, and live migrations",
    (
        Value("migration_window", "30m", "A failed migration is reported for this long.", demo="1m"),
        Value(
            "jobs",
            ".*libvirt.*|virtcast-exporter",
            "Scrape jobs of exporters, as a regular expression. It matters for those that never answered.",
        ),
        Value("known_for", "1h", "Exporters are known by their metrics for this long.", demo="10m"),
        Value("down_for", "2m", "libvirt is unreachable this long before it is reported.", demo="6s"),
    ),
)
FAILED = (
    "libvirt_domain_last_migration_timestamp_seconds"
    '{instance="$instance",direction="outgoing",result="failed"}'
)

ALERTS = (
    Alert(
        name="VmMigrationFailed",
        comment="The source host counts a failed migration, and keeps the VM.",
        expr="""
            sum by (instance) (
              increase(libvirt_migrations_total{direction="outgoing", result="failed"}[$migration_window])
            ) > 0
        """,
        severity="warning",
        kind="actual",
        summary="A live migration from {{ $labels.instance }} failed",
        description="A live migration from {{ $labels.instance }} failed within the last $migration_window. "
        "VMs whose last migration failed: " + each(FAILED, "{{ .Labels.domain }} ", otherwise="unknown."),
        dashboard=FLEET_HOST,
    ),
    Alert(
        name="LibvirtDown",
        comment="Exporters are known by their metric, whatever their job is called. An alert that fires goes "
        "on after $known_for, until the target answers or is removed.",
        expr=f"""\
min by (instance) (libvirt_up) == 0
  or
max by (instance) (
{indent(scraped("libvirt_up", "$jobs", "$known_for"), "  ")}
) == 0
  or
(
  max by (instance) (up == 0 and on (instance) ALERTS{{alertname="LibvirtDown"}})
    unless on (instance) libvirt_up
)""",
        for_="$down_for",
        severity="critical",
        kind="actual",
        summary="libvirt on {{ $labels.instance }} cannot be monitored",
        description=where(
            'libvirt_up{instance="$instance"} == 0',
            "The exporter on {{ $labels.instance }} runs, but libvirt does not answer it.",
            otherwise="The exporter of {{ $labels.instance }} does not answer Prometheus.",
        )
        + " There are no current metrics of its VMs. Running VMs are not affected.",
        dashboard=FLEET_HOST,
    ),
)

AREAS = (Area(VALUES, ALERTS),)
