"""Whether what VMs hold could be brought back: backups, checkpoints, snapshots."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana_foundation_sdk.models.common import VizOrientation

from alert_rules.alerts import protection as alerts
from alert_rules.layer import VM
from alert_rules.values import defaults
from grafana.panels.card import Card, Query
from grafana.panels.figures import figures
from grafana.panels.table import Column, Table, listing
from grafana.queries.selectors import HOST, NARROWED
from grafana.style import colors, fields
from grafana.subjects import columns

if TYPE_CHECKING:
    from grafana_foundation_sdk.builders import stat, table

    from grafana.style.thresholds import Steps

LIMITS = defaults(alerts.VALUES)
MISSING = "VmBackupMissing"  # the alert
PRESENT = (
    f"count(libvirt_domain_last_backup_timestamp_seconds{{{HOST}}} "
    f"or libvirt_domain_checkpoints{{{HOST}}} > 0 or libvirt_domain_snapshots{{{HOST}}} > 0 "
    f'or ALERTS{{alertname="{MISSING}", {HOST}}})'
)
NO_BACKUP = "No VM has had a backup since its exporter started"


def _older_than(limit: str) -> Steps:
    return ((None, colors.CALM), (0, colors.GOOD), (float(LIMITS[limit]), colors.BAD))


def _of_vm(series: str, matchers: str = NARROWED) -> str:
    return f"max by ({', '.join(VM)}) ({series}{{{matchers}}})"


def _age(limit: str) -> fields.Style:
    return {**fields.unit("s", 1), **fields.colored_cell(_older_than(limit)), **fields.width(110)}


def results() -> stat.Panel:
    card = Card(
        "Backups, by result",
        "none",
        "Backup jobs that ended within the chosen time. libvirt of the host says why one failed: the log of "
        "the VM, and `virsh domjobinfo --completed`.",
        "none ended",
    )
    ended = Query(
        f"round(sum by (result) (increase(libvirt_backups_total$sampled{{{HOST}}}[$__range])))", "{{result}}"
    )
    styles = {result: fields.counted(color) for result, color in colors.RESULTS.items()}
    return figures(card, ended, many=True, styles=styles).orientation(VizOrientation.HORIZONTAL)


def backups() -> table.Panel:
    card = Card(
        "Backups",
        "none",
        "The last backup of each VM that succeeded: its age, how long it took and what it copied. One older "
        f"than {_hours('backup_max_age_seconds')} is red, and an alert fires. The oldest come first. An "
        "exporter that restarts forgets backups: of a VM that the alert names nevertheless, the age follows "
        "from the alert, and may be higher.",
        NO_BACKUP,
    )
    good = f'result="success", {NARROWED}'
    queries = {
        "age": f"time() - {_of_vm('libvirt_domain_last_backup_timestamp_seconds', good)} or {_alerted()}",
        "took": _of_vm("libvirt_domain_last_backup_duration_seconds", good),
        "copied": _of_vm("libvirt_domain_last_backup_processed_bytes", good),
    }
    shown = (
        columns.VM,
        columns.HOST,
        Column("age", "Age", _age("backup_max_age_seconds")),
        Column("took", "Took", {**fields.unit("s", 1), **fields.width(90)}),
        Column("copied", "Copied", {**fields.unit("bytes", 1), **fields.width(95)}),
    )
    return listing(card, Table(VM, queries, shown, sort="age", empty="domain"))


def _alerted() -> str:
    """How old the last backup of VMs is that the alert names, at least: it reads days of samples, which take
    seconds.
    """
    since = _of_vm("ALERTS_FOR_STATE", f'alertname="{MISSING}", {NARROWED}')
    return f"{LIMITS['backup_max_age_seconds']} + time() - {since}"


def checkpoints() -> table.Panel:
    card = Card(
        "Checkpoints",
        "none",
        "The checkpoints of each VM, from which incremental backups start: their number, the age of the "
        "newest, and what the next increment will copy. An old one means that incremental backups stopped.",
        "No VM has a checkpoint",
    )
    newest = "libvirt_domain_checkpoint_newest"
    queries = {
        "number": f"{_of_vm('libvirt_domain_checkpoints')} > 0",
        "age": f"time() - {_of_vm(f'{newest}_timestamp_seconds')}",
        "next": _of_vm(f"{newest}_size_bytes"),
    }
    shown = (
        columns.VM,
        columns.HOST,
        Column("number", "Number", fields.width(80)),
        Column("age", "Newest", _age("checkpoint_max_age_seconds")),
        Column("next", "Next increment", {**fields.unit("bytes", 1), **fields.width(120)}),
    )
    return listing(card, Table(VM, queries, shown, sort="number", empty="domain"))


def snapshots() -> table.Panel:
    card = Card(
        "Snapshots",
        "none",
        "The snapshots of each VM: their number, and the age of the oldest. Each one grows with every write "
        f"and slows reads: delete what is older than {_days('snapshot_max_age_seconds')}. Many of them make "
        "reads pass through as many images.",
        "No VM has a snapshot",
    )
    queries = {
        "number": f"{_of_vm('libvirt_domain_snapshots')} > 0",
        "age": f"time() - {_of_vm('libvirt_domain_snapshot_oldest_timestamp_seconds')}",
    }
    many: Steps = ((None, colors.CALM), (float(LIMITS["snapshots"]), colors.WARN))
    shown = (
        columns.VM,
        columns.HOST,
        Column("number", "Number", {**fields.colored_cell(many), **fields.width(80)}),
        Column("age", "Oldest", _age("snapshot_max_age_seconds")),
    )
    return listing(card, Table(VM, queries, shown, sort="number", empty="domain"))


def _hours(limit: str) -> str:
    return f"{float(LIMITS[limit]) / 3600:.0f} hours"


def _days(limit: str) -> str:
    return f"{float(LIMITS[limit]) / 86400:.0f} days"
