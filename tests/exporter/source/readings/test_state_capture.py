"""Snapshots and checkpoints of fake domains."""

from __future__ import annotations

import libvirt

from exporter.snapshot.state_capture import Points
from exporter.source.calls import Skips
from exporter.source.readings import state_capture


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

    def listAllSnapshots(self, flags: int = 0) -> list[Point]:  # noqa: N802 (libvirt's name)
        """In the order of their tree if asked so, and in any other order otherwise."""
        ordered = flags & libvirt.VIR_DOMAIN_SNAPSHOT_LIST_TOPOLOGICAL
        return self.points if ordered else sorted(self.points, key=lambda one: (one.created + 500) % 1000)

    def listAllCheckpoints(self, flags: int = 0) -> list[Point]:  # noqa: N802 (libvirt's name)
        return self.points[-1:] if flags & libvirt.VIR_DOMAIN_CHECKPOINT_LIST_LEAVES else self.points

    def hasCurrentSnapshot(self) -> bool:  # noqa: N802 (libvirt's name)
        return bool(self.points)

    def snapshotCurrent(self) -> Point:  # noqa: N802 (libvirt's name)
        return self.points[-1]


class Gone(FakeDomain):
    """A domain that was removed since it was listed."""

    def listAllSnapshots(self, flags: int = 0) -> list[Point]:  # noqa: ARG002, N802 (libvirt's)
        raise libvirt.libvirtError("gone")


class FakeConnection:
    """A connection that has these domains with snapshots and checkpoints, whatever the flags."""

    def __init__(self, *domains: FakeDomain) -> None:
        self.domains = list(domains)

    def listAllDomains(self, _flags: int) -> list[FakeDomain]:  # noqa: N802 (libvirt's name)
        return self.domains


def test_points_are_counted_and_dated_and_what_is_gone_is_left_out() -> None:
    domain = FakeDomain("a", Point("one", 100), Point("two", 50))
    seen = state_capture.state_capture(FakeConnection(Gone("b"), domain), Skips())
    assert seen.snapshots == {"a": Points(2, "two", 50, 100)}
    assert seen.checkpoints["a"] == Points(2, None, 50, 100)


def test_the_number_of_points_that_are_looked_at_is_bounded() -> None:
    points = [Point(str(n), n) for n in range(1000)]
    seen = state_capture.state_capture(FakeConnection(FakeDomain("a", *points)), Skips()).snapshots["a"]
    assert (seen.count, seen.oldest, seen.newest) == (1000, 0, 999)
    assert len(list(state_capture._some(points))) == state_capture.MOST_POINTS


def test_the_size_is_that_of_the_newest_checkpoint_over_all_disks() -> None:
    domain = FakeDomain("a", Point("one", 100), Point("two", 200))
    assert state_capture.sizes(FakeConnection(domain), Skips()) == {"a": 401}
