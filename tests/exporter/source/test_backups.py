"""The record of backup jobs."""

from __future__ import annotations

from typing import Any

import pytest

from exporter.source.backups import REMEMBERED, BackupRecord


@pytest.mark.parametrize(
    ("raw", "result"),
    [
        ({"success": True}, "success"),
        ({}, "success"),
        ({"success": True, "errmsg": "Operation canceled"}, "success"),  # a pulled backup that was ended
        ({"success": False, "errmsg": "Operation canceled"}, "cancelled"),
        ({"success": False, "errmsg": "No space left on device"}, "failed"),
    ],
)
def test_how_a_backup_ended(raw: dict[str, Any], result: str) -> None:
    record = BackupRecord(lambda: 77.0)
    record.completed("u", "d", {"operation": 9, "time_elapsed": 1500, "disk_processed": 5} | raw)
    seen = record.read()
    assert seen.counts == dict.fromkeys(("success", "failed", "cancelled"), 0) | {result: 1}
    (last,) = seen.last
    assert (last.result, last.ended, last.job.elapsed, last.job.disk_processed) == (result, 77.0, 1.5, 5)


def test_other_jobs_are_no_backups() -> None:
    record = BackupRecord()
    record.completed("u", "d", {"operation": 5, "success": True})
    record.completed("u", "d", {"success": True})
    assert record.read().last == ()


def test_the_last_backup_of_a_domain_replaces_the_one_before_and_few_are_kept() -> None:
    record = BackupRecord()
    for _ in range(2):
        record.completed("u", "d", {"operation": 9})
    assert len(record.read().last) == 1
    for n in range(REMEMBERED + 5):
        record.completed(str(n), "d", {"operation": 9})
    assert len(record.read().last) == REMEMBERED
