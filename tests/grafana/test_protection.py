"""The table of backups and the alert on backups that are missing name the same VMs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from alert_rules.alerts.protection import BACKUPS
from answered import assert_answer
from dashboards import columns, filled_in, panel
from grafana.subjects import protection

if TYPE_CHECKING:
    from collections.abc import Mapping

PAGE = Path(__file__).resolve().parents[2] / "grafana/json/virtcast-storage.json"
HOUR = 3600
MOST = 36 * HOUR  # the age from which on a backup is missing
LAST = 'libvirt_domain_last_backup_timestamp_seconds{{instance="h", domain="{}", result="success"}}'
MISSING = '{}{{alertname="VmBackupMissing", instance="h", domain="{}", severity="warning", kind="actual"{}}}'
SINCE = 50 * HOUR  # the alert's beginning
NOW = 60 * HOUR
SERIES: Mapping[str, str] = {
    LAST.format("known"): f"{10 * HOUR}x3600",
    LAST.format("both"): f"{10 * HOUR}x3600",
    LAST.format("forgotten"): f"{14 * HOUR}x3000 stale",  # the exporter has started anew
    MISSING.format("ALERTS_FOR_STATE", "forgotten", ""): f"{SINCE}x3600",
    MISSING.format("ALERTS_FOR_STATE", "both", ""): f"{46 * HOUR}x3600",
    MISSING.format("ALERTS_FOR_STATE", "other", "").replace("Missing", "Failed"): f"{SINCE}x3600",
}
AGES = {"known": 50 * HOUR, "both": 50 * HOUR, "forgotten": NOW - SINCE + MOST}


def table() -> dict[str, str]:
    return columns(panel(json.loads(PAGE.read_text()), 42))


def test_a_vm_that_the_alert_names_has_a_row_that_is_as_old_after_a_restart_too(tmp_path: Path) -> None:
    samples = [{"labels": f'{{instance="h", domain="{vm}"}}', "value": age} for vm, age in AGES.items()]
    assert_answer(filled_in(table()["Age"]), samples, SERIES, NOW, tmp_path)


def test_the_section_is_there_while_the_alert_fires(tmp_path: Path) -> None:
    firing = MISSING.format("ALERTS", "forgotten", ', alertstate="firing"')
    assert_answer(
        filled_in(protection.PRESENT), [{"labels": "{}", "value": 1}], {firing: "1x100"}, HOUR, tmp_path
    )


def test_there_is_such_an_alert() -> None:
    assert protection.MISSING in {alert.name for alert in BACKUPS}
