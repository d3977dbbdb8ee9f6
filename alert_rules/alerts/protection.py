"""Backups, checkpoints and snapshots of VMs."""

from __future__ import annotations

from alert_rules.alert import VM_PAGE, Alert, Area
from alert_rules.annotations import AGE, NUMBER, THE_VM
from alert_rules.values import Section, Value

VALUES = Section(
    "protection",
    "Backups, checkpoints and snapshots",
    (
        Value("backup_max_age_seconds", 129_600, "A backup is missing after this time (a day and a half)."),
        Value(
            "remembered_for", "7d", "Backups are known for this long after the exporter has forgotten them."
        ),
        Value("missing_for", "30m", "A backup is missing this long before it is reported."),
        Value("checkpoint_max_age_seconds", 604_800, "The newest checkpoint is too old after this (a week)."),
        Value("critical", "high|critical", "Criticality of VMs that must have backups."),
        Value("unprotected_for", "2d", "Such a VM has none this long before it is reported."),
        Value("snapshot_max_age_seconds", 1_209_600, "A snapshot is too old after this (two weeks)."),
        Value("snapshots", 10, "A VM has many snapshots from this number on."),
        Value("increment_share", 0.5, "An incremental backup is large from this share of the disks on."),
        Value("history_for", "1h", "It lasts this long before it is reported."),
    ),
)
SUCCESS = 'libvirt_domain_last_backup_timestamp_seconds{result="success"}'
FAILURE = 'libvirt_domain_last_backup_timestamp_seconds{result="failed"}'
EXISTS = "and on (instance, domain) libvirt_domain_state == 1"

BACKUPS = (
    Alert(
        name="VmBackupFailed",
        comment="The value is the time since; a later success ends it.",
        expr=f"""
            time() - (
              max by (instance, domain) ({FAILURE})
                unless on (instance, domain) (
                  max by (instance, domain) ({SUCCESS}) > max by (instance, domain) ({FAILURE})
                )
            )
        """,
        severity="warning",
        kind="actual",
        summary=f"The last backup of {{{{ $labels.domain }}}} failed {AGE} ago",
        description=f"{THE_VM} has a backup job that failed {AGE} ago, and none that succeeded since.",
        dashboard=VM_PAGE,
    ),
    Alert(
        name="VmBackupMissing",
        comment="For VMs that have had one. An exporter that restarts forgets when; Prometheus does not.",
        expr=f"""
            time() - max by (instance, domain) (last_over_time({SUCCESS}[$remembered_for]))
              > $backup_max_age_seconds
              {EXISTS}
        """,
        for_="$missing_for",
        severity="warning",
        kind="actual",
        summary=f"{{{{ $labels.domain }}}} has had no backup for {AGE}",
        description=f"{THE_VM} had its last successful backup {AGE} ago. The job does not run, or it fails.",
        dashboard=VM_PAGE,
    ),
    Alert(
        name="VmUnprotected",
        expr=f"""
            max by (instance, domain, criticality) (
              libvirt_domain_virtcast_info{{criticality=~"$critical"}}
                unless on (instance, domain) last_over_time({SUCCESS}[$remembered_for])
                unless on (instance, domain) libvirt_domain_checkpoints > 0
            )
        """,
        for_="$unprotected_for",
        severity="warning",
        kind="actual",
        summary="{{ $labels.domain }} has no backup, and its criticality is {{ $labels.criticality }}",
        description=f"{THE_VM} has the criticality {{{{ $labels.criticality }}}}, and neither a backup "
        "within the last $remembered_for nor a checkpoint. Backups by other means are not seen.",
        dashboard=VM_PAGE,
    ),
)
HISTORY = (
    Alert(
        name="VmCheckpointOld",
        expr="""
            time() - max by (instance, domain) (libvirt_domain_checkpoint_newest_timestamp_seconds)
              > $checkpoint_max_age_seconds
        """,
        for_="$history_for",
        severity="warning",
        kind="actual",
        summary=f"The newest checkpoint of {{{{ $labels.domain }}}} is {AGE} old",
        description=f"{THE_VM} has had no new checkpoint for {AGE}: incremental backups of it have stopped, "
        "and the next one is large.",
        dashboard=VM_PAGE,
    ),
    Alert(
        name="VmIncrementalBackupLarge",
        expr="""
            max by (instance, domain) (libvirt_domain_checkpoint_newest_size_bytes)
              / on (instance, domain) (
                sum by (instance, domain) (
                  max by (instance, domain, target_device) (libvirt_domain_block_stats_capacity_bytes)
                    unless on (instance, domain, target_device)
                      libvirt_domain_block_stats_info{disk_type=~"cdrom|floppy"}
                ) > 0
              )
              >= $increment_share
        """,
        for_="$history_for",
        severity="info",
        kind="actual",
        summary="The next incremental backup of {{ $labels.domain }} copies "
        "{{ $value | humanizePercentage }} of its disks",
        description=f"{THE_VM} has written {{{{ $value | humanizePercentage }}}} of the size of its disks "
        "since "
        "its newest checkpoint. An incremental backup is hardly smaller than a full one.",
        dashboard=VM_PAGE,
    ),
    Alert(
        name="VmSnapshotOld",
        expr="""
            time() - max by (instance, domain) (libvirt_domain_snapshot_oldest_timestamp_seconds)
              > $snapshot_max_age_seconds
        """,
        for_="$history_for",
        severity="info",
        kind="actual",
        summary=f"{{{{ $labels.domain }}}} has a snapshot that is {AGE} old",
        description=f"{THE_VM} has a snapshot that is {AGE} old. It grows with every write, slows the disk "
        "down, and is no backup.",
        dashboard=VM_PAGE,
    ),
    Alert(
        name="VmSnapshotsMany",
        expr="max by (instance, domain) (libvirt_domain_snapshots) >= $snapshots",
        for_="$history_for",
        severity="info",
        kind="actual",
        summary=f"{{{{ $labels.domain }}}} has {NUMBER} snapshots",
        description=f"{THE_VM} has {NUMBER} snapshots. Each read may pass through as many images.",
        dashboard=VM_PAGE,
    ),
)

AREAS = (Area(VALUES, (*BACKUPS, *HISTORY)),)
