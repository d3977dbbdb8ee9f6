"""Snapshots, checkpoints and backups: what is read of them, over fake connections, and what bounds it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import libvirt
import pytest

from exporter.collectors import history as collector
from exporter.snapshot.history import Points, checkpoint_size
from exporter.source import history
from exporter.source.backups import REMEMBERED, BackupRecord

if TYPE_CHECKING:
    from exporter.snapshot.snapshot import Snapshot


class Point:
    """A snapshot or checkpoint."""

    def __init__(self, name: str, created: int) -> None:
        self.name = name
        self.created = created

    def getName(self) -> str:  # noqa: N802 (libvirt's name)
        return self.name

    def getXMLDesc(self, flags: int = 0) -> str:  # noqa: N802 (libvirt's name)
        size = " size='{}'" if flags & libvirt.VIR_DOMAIN_CHECKPOINT_XML_SIZE else ""
        disks = "".join(f"<disk name='vd{n}'{size.format(self.created + n)}/>" for n in range(2))
        return (
            f"<domainsnapshot><name>{self.name}</name><creationTime>{self.created}</creationTime>"
            f"<disks>{disks}</disks><domain><metadata><unbound:x><creationTime>1</creationTime></metadata>"
        )


class FakeDomain:
    """A domain with these points as snapshots and checkpoints."""

    def __init__(self, uuid: str, *points: Point) -> None:
        self.uuid = uuid
        self.points = list(points)

    def UUIDString(self) -> str:  # noqa: N802 (libvirt's name)
        return self.uuid

    def name(self) -> str:
        return self.uuid

    def listAllSnapshots(self) -> list[Point]:  # noqa: N802 (libvirt's name)
        return self.points

    def listAllCheckpoints(self, flags: int = 0) -> list[Point]:  # noqa: N802 (libvirt's name)
        return self.points[-1:] if flags & libvirt.VIR_DOMAIN_CHECKPOINT_LIST_LEAVES else self.points

    def hasCurrentSnapshot(self) -> bool:  # noqa: N802 (libvirt's name)
        return bool(self.points)

    def snapshotCurrent(self) -> Point:  # noqa: N802 (libvirt's name)
        return self.points[-1]


class Gone(FakeDomain):
    """A domain that was removed since it was listed."""

    def listAllSnapshots(self) -> list[Point]:  # noqa: N802 (libvirt's name)
        raise libvirt.libvirtError("gone")


class FakeConnection:
    """A connection that has these domains with snapshots and checkpoints, whatever the flags."""

    def __init__(self, *domains: FakeDomain) -> None:
        self.domains = list(domains)

    def listAllDomains(self, _flags: int) -> list[FakeDomain]:  # noqa: N802 (libvirt's name)
        return self.domains


def test_points_are_counted_and_dated_and_what_is_gone_is_left_out() -> None:
    domain = FakeDomain("a", Point("one", 100), Point("two", 50))
    seen = history.history(FakeConnection(Gone("b"), domain))
    assert seen.snapshots == {"a": Points(2, "two", 50, 100)}
    assert seen.checkpoints["a"] == Points(2, None, 50, 100)


def test_the_number_of_points_that_are_looked_at_is_bounded() -> None:
    points = [Point(str(n), n) for n in range(1000)]
    seen = history.history(FakeConnection(FakeDomain("a", *points))).snapshots["a"]
    assert (seen.count, seen.oldest, seen.newest) == (1000, 0, 999)
    assert len(list(history._some(points))) == history.MOST_POINTS


def test_the_size_is_that_of_the_newest_checkpoint_over_all_disks() -> None:
    domain = FakeDomain("a", Point("one", 100), Point("two", 200))
    assert history.sizes(FakeConnection(domain)) == {"a": 401}
    assert checkpoint_size("<disk name='vda' checkpoint='bitmap'/>") is None


def test_without_a_reading_there_is_nothing_and_not_zero(snapshot: Snapshot) -> None:
    assert list(collector.collect(replace(snapshot, history=None))) == []


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
