"""A guest's pressure stalls are those of its control group, which the kernel of this machine accounts for.

The lab's libvirt makes no groups (its qemu.conf turns them off), so the test makes one where libvirt would.
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from exporter.snapshot.cgroup import places
from exporting import exporting
from lab import CpuLoad, Guest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporting import Exporter
    from lab import Lab, RunningGuest

pytestmark = pytest.mark.lab

WAITING = "libvirt_domain_pressure_waiting_seconds_total"
STALLED = "libvirt_domain_pressure_stalled_seconds_total"
PERIODS = "libvirt_domain_cpu_periods_total"
PATIENCE = 60.0  # seconds: groups are read every 15 s


@pytest.fixture(scope="module")
def guest(lab: Lab) -> Iterator[RunningGuest]:
    made = lab.hosts[0].start(Guest("pressed", agent=False, workload=CpuLoad(100)))
    yield made
    made.destroy()


@pytest.fixture(scope="module")
def group(guest: RunningGuest) -> Iterator[Path]:
    """The guest's group, with a busy process beside it for each CPU: they wait for each other."""
    mounts = (line.split() for line in Path("/proc/self/mounts").read_text().splitlines())
    root = next((Path(words[1]) for words in mounts if words[2] == "cgroup2"), None)
    number = int(guest.host.virsh("domid", guest.name))
    if root is None:
        pytest.skip("this machine has no control groups of version 2")
    folder = root / places("qemu", number, guest.name, "/machine")[1]
    created = [path for path in (folder.parent, folder) if not path.exists()]
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        pytest.skip(f"no control group can be made: {error}")
    busy = [subprocess.Popen(["sh", "-c", "while :; do :; done"]) for _ in range(2)]
    for pid in (guest.pid, *(process.pid for process in busy)):
        (folder / "cgroup.procs").write_text(str(pid))
    yield folder
    for process in busy:
        process.kill()
        process.wait()
    (root / "cgroup.procs").write_text(str(guest.pid))
    for path in reversed(created):
        path.rmdir()


@pytest.fixture(scope="module")
def exporter(guest: RunningGuest, group: Path) -> Iterator[Exporter]:
    assert group.exists()
    with exporting(f"--libvirt.uri={guest.host.read_only_uri}") as running:
        yield running


def total(group: Path, resource: str, kind: str) -> float:
    """Seconds that the kernel has for a line of a pressure file."""
    lines = (group / f"{resource}.pressure").read_text().splitlines()
    (line,) = (line for line in lines if line.startswith(kind))
    return int(line.rpartition("=")[2]) / 1e6


def test_pressure_is_the_kernels_and_rises(exporter: Exporter, guest: RunningGuest, group: Path) -> None:
    before = total(group, "cpu", "some")
    labels = {"domain": guest.name, "resource": "cpu"}
    first = exporter.until(lambda page: page.value(WAITING, **labels) is not None, "it is read", PATIENCE)
    seen = first.value(WAITING, **labels)
    assert seen is not None
    assert before <= seen <= total(group, "cpu", "some")
    page = exporter.until(lambda page: (page.value(WAITING, **labels) or 0) > seen, "it rises", PATIENCE)
    for resource in ("memory", "io"):
        for metric, kind in ((WAITING, "some"), (STALLED, "full")):
            value = page.value(metric, domain=guest.name, resource=resource)
            assert value is not None
            assert value <= total(group, resource, kind)


def test_throttling_is_there_where_the_kernel_has_it(
    exporter: Exporter, guest: RunningGuest, group: Path
) -> None:
    page = exporter.until(lambda page: bool(page.series(WAITING)), "it is read", PATIENCE)
    has = "nr_periods" in (group / "cpu.stat").read_text()
    assert (page.value(PERIODS, domain=guest.name) is not None) == has


def test_a_guest_without_a_group_has_none(exporter: Exporter, guest: RunningGuest) -> None:
    page = exporter.until(lambda page: bool(page.series(WAITING)), "it is read", PATIENCE)
    assert {one["domain"] for one in page.series(WAITING)} == {guest.name}
