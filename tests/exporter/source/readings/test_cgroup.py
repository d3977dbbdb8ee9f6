"""Control groups in a folder that stands in for the kernel's file system."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import libvirt
import pytest

from exporter.snapshot.cgroup import Cgroup, Throttling
from exporter.snapshot.machine import Pressure
from exporter.source.calls import Skips
from exporter.source.readings import cgroup

if TYPE_CHECKING:
    from pathlib import Path

SCOPE = r"machine.slice/machine-qemu\x2d3\x2dweb.scope"


class FakeDomain:
    """A running domain."""

    def __init__(self, uuid: str = "u", number: int = 3, name: str = "web") -> None:
        self.uuid, self.number, self._name = uuid, number, name
        self.asked = 0

    def UUIDString(self) -> str:  # noqa: N802 (libvirt's name)
        return self.uuid

    def ID(self) -> int:  # noqa: N802 (libvirt's name)
        return self.number

    def name(self) -> str:
        return self._name

    def XMLDesc(self) -> str:  # noqa: N802 (libvirt's name)
        self.asked += 1
        return "<domain/>"


class Ended(FakeDomain):
    """A domain that ended since it was listed."""

    def XMLDesc(self) -> str:  # noqa: N802 (libvirt's name)
        raise libvirt.libvirtError("ended")


class FakeConnection:
    """A connection to QEMU with these running domains."""

    def __init__(self, *domains: FakeDomain, uri: str = "qemu:///system") -> None:
        self.domains, self.uri = list(domains), uri

    def getURI(self) -> str:  # noqa: N802 (libvirt's name)
        return self.uri

    def getType(self) -> str:  # noqa: N802 (libvirt's name)
        return "QEMU"

    def listAllDomains(self, _flags: int) -> list[Any]:  # noqa: N802 (libvirt's name)
        return self.domains


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Version 2 beside version 1, as some distributions mount it."""
    mounts = tmp_path / "mounts"
    mounts.write_text(f"cgroup /sys/fs/cgroup/cpu cgroup rw 0 0\ncgroup2 {tmp_path} cgroup2 rw 0 0\n")
    monkeypatch.setattr(cgroup, "MOUNTS", mounts)
    return tmp_path


def write(folder: Path, **files: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("_", ".")).write_text(text)


def stall(some: int, full: int) -> str:
    averages = "avg10=0.00 avg60=0.00 avg300=0.00"
    return f"some {averages} total={some}\nfull {averages} total={full}\n"


def limited(periods: int) -> str:
    return (
        f"usage_usec 1\nnr_periods {periods}\nnr_throttled {periods // 10}\nthrottled_usec {periods}000000\n"
    )


def test_the_files_of_a_domain_and_of_the_groups_within(root: Path) -> None:
    scope = root / SCOPE
    write(
        scope, cpu_pressure=stall(1_500_000, 500_000), io_pressure=stall(2_000_000, 0), cpu_stat=limited(100)
    )
    for name, periods in (("emulator", 20), ("vcpu0", 30), ("vcpu1", 40), ("iothread1", 10), ("other", 1000)):
        write(scope / "libvirt" / name, cpu_stat=limited(periods))
    assert cgroup.cgroups(FakeConnection(FakeDomain()), Skips()) == (
        Cgroup("u", {"cpu": Pressure(1.5, 0.5), "io": Pressure(2.0, 0.0)}, Throttling(200, 20, 200.0)),
    )


def test_the_group_of_a_host_without_systemd(root: Path) -> None:
    write(root / "machine/qemu-3-web.libvirt-qemu", cpu_stat="usage_usec 7\n")
    assert cgroup.cgroups(FakeConnection(FakeDomain()), Skips()) == (Cgroup("u", {}, Throttling()),)


def test_a_domain_is_asked_for_its_xml_once_and_again_when_it_runs_anew(root: Path) -> None:
    write(root / SCOPE, cpu_stat="usage_usec 7\n")
    domain = FakeDomain()
    connection = FakeConnection(domain)
    for _ in range(3):
        assert len(cgroup.cgroups(connection, Skips())) == 1
    assert domain.asked == 1
    domain.number = 4
    assert cgroup.cgroups(connection, Skips()) == ()
    assert domain.asked == 2


def test_what_has_no_group_or_ended_is_left_out(root: Path) -> None:
    write(root / SCOPE, cpu_stat="usage_usec 7\n")
    found = cgroup.cgroups(
        FakeConnection(FakeDomain(), FakeDomain("v", 4, "db"), Ended("w", 5, "old")), Skips()
    )
    assert [one.uuid for one in found] == ["u"]


def test_a_pressure_that_the_kernel_refuses_is_absent(root: Path) -> None:
    """Reading it fails where the kernel was started with psi=0."""
    write(root / SCOPE, cpu_stat="usage_usec 7\n", memory_pressure=stall(3_000_000, 1_000_000))
    (root / SCOPE / "cpu.pressure").mkdir()
    (found,) = cgroup.cgroups(FakeConnection(FakeDomain()), Skips())
    assert found.pressure == {"memory": Pressure(3.0, 1.0)}


def test_of_another_machine_nothing_is_read(root: Path) -> None:
    write(root / SCOPE, cpu_stat="usage_usec 7\n")
    assert cgroup.cgroups(FakeConnection(FakeDomain(), uri="qemu+ssh://elsewhere/system"), Skips()) == ()


def test_without_version_2_there_is_nothing(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mounts = root / "mounts"
    mounts.write_text("cgroup /sys/fs/cgroup/cpu cgroup rw 0 0\n")
    monkeypatch.setattr(cgroup, "MOUNTS", mounts)
    assert cgroup.cgroups(FakeConnection(FakeDomain()), Skips()) == ()
