"""The machine, as its kernel reports it."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import psutil

from exporter.source.readings import machine

if TYPE_CHECKING:
    import pytest


class Mounted(NamedTuple):
    """A partition, as psutil gives it."""

    device: str
    mountpoint: str
    fstype: str
    opts: str


def test_this_machine_is_what_proc_says() -> None:
    meminfo = dict(re.findall(r"(\w+): +(\d+) kB", Path("/proc/meminfo").read_text()))
    before, found, after = _idle(), machine.machine(), _idle()
    assert before <= found.cpu["idle"] <= after
    assert found.memory.total == int(meminfo["MemTotal"]) * 1024
    assert found.memory.swap_total == int(meminfo["SwapTotal"]) * 1024
    assert 0 < found.memory.available <= found.memory.total
    (booted,) = re.findall(r"btime (\d+)", Path("/proc/stat").read_text())
    assert found.boot_time == int(booted)
    assert found.cpus == os.cpu_count()


def _idle() -> float:
    fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()
    return int(fields[4]) / os.sysconf("SC_CLK_TCK")


def test_file_systems_are_as_df_says() -> None:
    for one in machine.filesystems():
        seen = subprocess.run(
            ["df", "-B1", "--output=size,fstype", one.mountpoint], capture_output=True, text=True, check=True
        )
        assert seen.stdout.split()[-2:] == [str(int(one.size)), one.type]
        assert 0 <= one.available <= one.free <= one.size


def test_mount_points_that_are_not_utf8_remain_apart(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    names = [b"\xfc", b"\xfd", "ü".encode()]
    points = [os.path.join(tmp_path, os.fsdecode(name)) for name in names]  # noqa: PTH118 (bytes as psutil gives them)
    for point in points:
        Path(point).mkdir()
    mounted = [Mounted(f"/dev/{n}", point, "ext4", "rw") for n, point in enumerate(points)]
    monkeypatch.setattr(psutil, "disk_partitions", lambda **_: mounted)
    shown = [one.mountpoint for one in machine.filesystems()]
    assert shown == [f"{tmp_path}/\\xfc", f"{tmp_path}/\\xfd", f"{tmp_path}/ü"]


def test_what_only_this_process_sees_read_only_is_a_writable_file_system(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As in a unit with ProtectSystem=strict; the second is read-only for everybody."""
    (tmp_path / "mountinfo").write_text(
        "30 1 8:1 / / ro,relatime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro\n"
        "31 30 8:2 / /usr ro,relatime - ext4 /dev/sda2 ro\n"
    )
    monkeypatch.setattr(machine, "MOUNTS", tmp_path / "mountinfo")
    mounted = [Mounted("/dev/sda1", "/", "ext4", "ro,relatime"), Mounted("/dev/sda2", "/usr", "ext4", "ro")]
    monkeypatch.setattr(psutil, "disk_partitions", lambda **_: mounted)
    assert [one.device for one in machine.filesystems()] == ["/dev/sda1"]


def test_guests_interfaces_partitions_and_loops_are_left_out() -> None:
    assert all(not re.match(r"lo$|vnet|tap", one.device) for one in machine.nics())
    assert all(Path("/sys/block", one.device).exists() for one in machine.disks())
    assert not any(one.device.startswith("loop") for one in machine.disks())
