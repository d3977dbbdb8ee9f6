"""Live migrations that run, and how the last ones ended."""

from __future__ import annotations

from alert_rules.alert import VM_PAGE, Alert, Area
from alert_rules.annotations import AGE, NUMBER, THE_VM, where
from alert_rules.layer import VM
from alert_rules.promql import largest
from alert_rules.values import Section, Value

VALUES = Section(
    "migration",
    "Live migrations",
    (
        Value("iterations", 5, "Fewer passes over the memory say nothing about convergence."),
        Value("converging_for", "5m", "A migration does not converge this long before it is reported."),
        Value("long_seconds", 1_800, "A migration is long from this duration on."),
        Value("stuck_window", "5m", "A migration that transfers nothing for this long is stuck."),
        Value("throttle_percent", 60, "Auto-converge slows a guest down much from this share on."),
        Value("throttle_for", "2m", "It slows it down this long before it is reported."),
        Value("downtime_seconds", 1, "Longest downtime of a guest during its migration."),
        Value("reported_seconds", 3_600, "A downtime over it is reported for this long."),
    ),
)
LEAVING = 'libvirt_domain_job_info{operation="migration_out"}'
ROUTE = "The migration of the VM {{ $labels.domain }} from {{ $labels.instance }}"


def leaving(expr: str) -> str:
    """The figure of the job only where it is a migration, at the end that knows most: the source."""
    return f"{expr}\n  and on (instance, domain) {LEAVING}"


ALERTS = (
    Alert(
        name="VmMigrationNotConverging",
        comment="The guest dirties memory as fast as it is transferred, pass after pass.",
        expr=leaving(
            f"""\
{largest("libvirt_domain_job_memory_dirty_bytes_per_second", VM)}
  / ({largest("libvirt_domain_job_memory_bytes_per_second", VM)} > 0)
  >= 1
  and on (instance, domain) libvirt_domain_job_memory_iteration >= $iterations"""
        ),
        for_="$converging_for",
        severity="warning",
        kind="actual",
        summary="The migration of {{ $labels.domain }} does not converge",
        description=f'{ROUTE} does not converge: the guest dirties memory {{{{ $value | printf "%.1f" }}}} '
        "times as fast as it is transferred.",
        dashboard=VM_PAGE,
    ),
    Alert(
        name="VmMigrationLong",
        expr=leaving(f"{largest('libvirt_domain_job_elapsed_seconds', VM)} > $long_seconds"),
        severity="info",
        kind="actual",
        summary=f"The migration of {{{{ $labels.domain }}}} has been running for {AGE}",
        description=f"{ROUTE} has been running for {AGE}. It may be large, slow, or not converge.",
        dashboard=VM_PAGE,
    ),
    Alert(
        name="VmMigrationStuck",
        comment="Every figure of the job stands still; a job that ends has none. It must be older than that.",
        expr=leaving(
            f"""\
{largest("changes(libvirt_domain_job_data_processed_bytes[$stuck_window])", VM)} == 0
  and on (instance, domain) libvirt_domain_job_elapsed_seconds > 300"""
        ),
        for_="$stuck_window",
        severity="warning",
        kind="actual",
        summary="The migration of {{ $labels.domain }} is stuck",
        description=f"{ROUTE} has transferred nothing for $stuck_window or more. "
        "The connection between the hosts or the destination hangs.",
        dashboard=VM_PAGE,
    ),
    Alert(
        name="VmMigrationThrottled",
        expr=leaving(
            f"{largest('libvirt_domain_job_auto_converge_throttle_percent', VM)} >= $throttle_percent"
        ),
        for_="$throttle_for",
        severity="warning",
        kind="actual",
        summary=f"The migration of {{{{ $labels.domain }}}} takes {NUMBER} % of its CPU time away",
        description=f"{ROUTE} withholds {NUMBER} % of the guest's CPU time (auto-converge) so that it can "
        "end. "
        "The service in it is that much slower.",
        dashboard=VM_PAGE,
    ),
    Alert(
        name="VmMigrationDowntimeLong",
        expr="""
            max by (instance, domain) (
              libvirt_domain_last_migration_downtime_seconds{direction="outgoing", result="success"}
            ) > $downtime_seconds
              and on (instance, domain)
            time() - libvirt_domain_last_migration_timestamp_seconds{direction="outgoing", result="success"}
              < $reported_seconds
        """,
        severity="info",
        kind="actual",
        summary=f"{{{{ $labels.domain }}}} stood still for {AGE} during its migration",
        description=f"{THE_VM} stood still for {AGE} during its last migration, more than "
        "$downtime_seconds s.",
        dashboard=VM_PAGE,
    ),
    Alert(
        name="VmPostCopyFailed",
        comment="Reason 13 of the state paused: VIR_DOMAIN_PAUSED_POSTCOPY_FAILED. Both hosts have a part.",
        expr="""
            max by (instance, domain) (libvirt_domain_state{state="paused"} == 1)
              and on (instance, domain) libvirt_domain_state_reason == 13
        """,
        severity="critical",
        kind="actual",
        summary="The post-copy migration of {{ $labels.domain }} broke; it stands still",
        description=f"{THE_VM} stands still: its post-copy migration broke, and its memory is on two hosts. "
        "It is lost if either part is destroyed. Resume the migration."
        + where(
            'libvirt_domain_job_memory_remaining_bytes{instance="$instance",domain="$domain"}',
            " {{ . | first | value | humanize1024 }}B remain.",
        ),
        dashboard=VM_PAGE,
    ),
)

AREAS = (Area(VALUES, ALERTS),)
