"""Units and absence: libvirt's raw fields to base units, nothing invented."""

from __future__ import annotations

import pytest

from exporter.snapshot.description import Description
from exporter.snapshot.guest import Filesystem, filesystems
from exporter.snapshot.job import Job
from exporter.snapshot.snapshot import (
    Block,
    Cpu,
    Interface,
    Memory,
    Vcpu,
    is_complete,
    version,
    without_times,
)


def test_nanoseconds_become_seconds() -> None:
    cpu = Cpu.read({"cpu.time": 1_500_000_000, "cpu.user": 250_000_000})
    assert (cpu.time, cpu.user, cpu.system) == (1.5, 0.25, None)


def test_kibibytes_become_bytes() -> None:
    memory = Memory.read({"balloon.current": 131_072, "balloon.major_fault": 7})
    assert (memory.current, memory.major_faults, memory.unused) == (134_217_728, 7, None)


def test_a_balloon_that_never_spoke_has_no_time() -> None:
    assert Memory.read({"balloon.last-update": 0}).last_update is None
    assert Memory.read({"balloon.last-update": 1_700_000_000}).last_update == 1_700_000_000


def test_vcpus_keep_their_numbers_and_may_be_halted() -> None:
    raw = {
        "vcpu.maximum": 4,
        "vcpu.1.state": 1,
        "vcpu.1.delay": 2_000_000_000,
        "vcpu.3.state": 2,
        "vcpu.3.halted": True,
    }
    assert Vcpu.read(raw) == (Vcpu(1, 1, delay=2.0), Vcpu(3, 2, halted=1.0))


def test_a_device_that_stands_twice_counts_once() -> None:
    raw = {
        "block.count": 2,
        "block.0.name": "vda",
        "block.0.rd.reqs": 1,
        "block.1.name": "vda",
        "block.1.rd.reqs": 2,
    }
    assert Block.read(raw) == (Block("vda", read_requests=1),)


def test_a_user_mode_interface_has_no_name_and_no_statistics() -> None:
    assert Interface.read({"net.count": 1}) == ()


@pytest.mark.parametrize(
    ("raw", "whole"),
    [
        ({"balloon.current": 1, "balloon.rss": 2, "block.count": 1, "block.0.rd.reqs": 0}, True),
        ({"balloon.current": 1, "block.count": 1, "block.0.name": "vda"}, False),  # as with a busy monitor
        ({"balloon.current": 1, "balloon.rss": 2, "block.count": 1, "block.0.name": "vda"}, False),
        ({"balloon.current": 1}, False),
        ({"balloon.current": 1, "balloon.rss": 2, "block.count": 0}, True),  # no disk
        ({"block.count": 2, "block.0.name": "sda", "block.1.rd.reqs": 3}, True),  # memory not asked for
        ({"state.state": 1}, True),  # neither asked for
    ],
)
def test_completeness(raw: dict[str, int | str], whole: bool) -> None:
    assert is_complete(raw) is whole


def test_job_units() -> None:
    job = Job.read({"operation": 5, "type": 2, "time_elapsed": 1500, "downtime": 250, "memory_dirty_rate": 3,
                    "memory_page_size": 4096, "data_total": 9})  # fmt: skip
    assert job is not None
    assert (job.operation, job.elapsed, job.downtime) == ("migration_out", 1.5, 0.25)
    assert (job.memory_dirty_rate, job.data_total, job.disk_total) == (12_288, 9, None)


def test_a_dirty_rate_without_a_page_size_is_not_a_rate_in_bytes() -> None:
    job = Job.read({"operation": 5, "memory_dirty_rate": 3})
    assert job is not None
    assert job.memory_dirty_rate is None


def test_no_job_is_none() -> None:
    assert Job.read({"type": 0}) is None


def test_unknown_operation_and_type_are_called_so() -> None:
    job = Job.read({"operation": 99, "type": 42})
    assert job is not None
    assert (job.operation, job.type) == ("unknown", "unknown")


def test_pseudo_and_incomplete_filesystems_are_dropped() -> None:
    raw = {
        "fs.count": 4,
        "fs.0.mountpoint": "/snap", "fs.0.fstype": "squashfs", "fs.0.total-bytes": 1, "fs.0.used-bytes": 1,
        "fs.1.mountpoint": "/old", "fs.1.fstype": "ext4",
        "fs.2.mountpoint": "/data", "fs.2.fstype": "ext4", "fs.2.total-bytes": 10, "fs.2.used-bytes": 0,
        "fs.3.mountpoint": "/data", "fs.3.fstype": "ext4", "fs.3.total-bytes": 11, "fs.3.used-bytes": 1,
    }  # fmt: skip
    assert filesystems(raw) == (Filesystem("/data", "ext4", 10, 0),)


def test_xml_that_cannot_be_parsed_is_no_description() -> None:
    assert Description.from_xml("<domain><nova:instance/></domain>") is None


def test_minimal_xml_is_a_description_of_nothing() -> None:
    assert Description.from_xml("<domain/>") == Description()


def test_volumes_and_block_devices_are_named_by_their_source() -> None:
    described = Description.from_xml(
        "<domain><devices><disk type='volume'><source pool='p' volume='v'/><target dev='a'/></disk>"
        "<disk type='block'><source dev='/dev/sdz'/><target dev='b'/></disk></devices></domain>"
    )
    assert described is not None
    assert [disk.source for disk in described.disks] == ["p/v", "/dev/sdz"]


def test_versions() -> None:
    assert version(9_003_021) == "9.3.21"


def test_times_of_a_process_that_may_be_another_are_left_out() -> None:
    times = ("cpu.time", "cpu.user", "cpu.system", "vcpu.0.time", "vcpu.0.delay", "vcpu.0.wait")
    others = {"vcpu.0.state": 0, "net.0.rx.bytes": 0, "block.0.rd.times": 7}
    assert without_times({**dict.fromkeys(times, 5), **others}) == others
