"""A snapshot in which every value is different, so that two fields that are swapped show."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest

from exporter.description import Description
from exporter.guest import Agent, filesystems
from exporter.job import Direction, Job, Migration, Migrations, Result
from exporter.snapshot import Connection, Domain, Snapshot, statistics
from exporter.source.histogram import Histogram

STATISTICS = [
    "state.state",
    "state.reason",
    "cpu.time",
    "cpu.user",
    "cpu.system",
    "cpu.haltpoll.success.time",
    "cpu.haltpoll.fail.time",
    "balloon.current",
    "balloon.maximum",
    "balloon.swap_in",
    "balloon.swap_out",
    "balloon.major_fault",
    "balloon.minor_fault",
    "balloon.unused",
    "balloon.available",
    "balloon.usable",
    "balloon.last-update",
    "balloon.disk_caches",
    "balloon.hugetlb_pgalloc",
    "balloon.hugetlb_pgfail",
    "balloon.rss",
    "vcpu.0.state",
    "vcpu.0.time",
    "vcpu.0.wait",
    "vcpu.0.delay",
    "vcpu.2.state",
    "vcpu.2.time",
    "vcpu.2.wait",
    "vcpu.2.delay",
    "net.0.rx.bytes",
    "net.0.rx.pkts",
    "net.0.rx.errs",
    "net.0.rx.drop",
    "net.0.tx.bytes",
    "net.0.tx.pkts",
    "net.0.tx.errs",
    "net.0.tx.drop",
    "block.0.rd.reqs",
    "block.0.rd.bytes",
    "block.0.rd.times",
    "block.0.wr.reqs",
    "block.0.wr.bytes",
    "block.0.wr.times",
    "block.0.fl.reqs",
    "block.0.fl.times",
    "block.0.allocation",
    "block.0.capacity",
    "block.0.physical",
]

JOB = [
    "time_elapsed",
    "time_remaining",
    "data_total",
    "data_processed",
    "data_remaining",
    "memory_total",
    "memory_processed",
    "memory_remaining",
    "memory_bps",
    "memory_dirty_rate",
    "memory_iteration",
    "memory_constant",
    "memory_postcopy_requests",
    "disk_total",
    "disk_processed",
    "disk_remaining",
    "disk_bps",
    "downtime",
    "setup_time",
    "auto_converge_throttle",
    "compression_bytes",
]

PERF = [
    "cmt",
    "cpu_cycles",
    "ref_cpu_cycles",
    "bus_cycles",
    "stalled_cycles_frontend",
    "stalled_cycles_backend",
    "instructions",
    "cache_references",
    "cache_misses",
    "branch_instructions",
    "branch_misses",
    "cpu_clock",
    "task_clock",
    "page_faults",
    "page_faults_min",
    "page_faults_maj",
    "context_switches",
    "cpu_migrations",
    "alignment_faults",
    "emulation_faults",
]

MEASURED = {
    "iothread.count": 2,
    "iothread.2.poll-max-ns": 32_768,
    "iothread.2.poll-grow": 32,
    "iothread.2.poll-shrink": 34,
    "iothread.5.poll-max-ns": 0,
    "dirtyrate.calc_status": 2,
    "dirtyrate.calc_start_time": 5037,
    "dirtyrate.calc_period": 3,
    "dirtyrate.calc_mode": "dirty-ring",
    "dirtyrate.megabytes_per_second": 37,
    "dirtyrate.vcpu.0.megabytes_per_second": 17,
    "dirtyrate.vcpu.2.megabytes_per_second": 20,
    "memory.bandwidth.monitor.count": 1,
    "memory.bandwidth.monitor.0.name": "vcpus_0-2",
    "memory.bandwidth.monitor.0.vcpus": "0-2",
    "memory.bandwidth.monitor.0.node.count": 2,
    "memory.bandwidth.monitor.0.node.0.id": 0,
    "memory.bandwidth.monitor.0.node.0.bytes.local": 8001,
    "memory.bandwidth.monitor.0.node.0.bytes.total": 8002,
    "memory.bandwidth.monitor.0.node.1.id": 3,
    "memory.bandwidth.monitor.0.node.1.bytes.local": 8003,
    "memory.bandwidth.monitor.0.node.1.bytes.total": 8004,
    "vm.remote_tlb_flush.sum": 7001,
    "vm.pages_4k.cur": 7002,
    "vm.max_mmu_page_hash_collisions.max": 7003,
    "vcpu.0.halt_exits.sum": 7004,
    "vcpu.2.halt_exits.sum": 7005,
    "vcpu.2.guest_mode.cur": 0,
    "vcpu.2.preemption_longest.max": 7006,
}

XML = """<domain type='kvm'><name>web</name><title>Web &quot;one&quot;</title>
<os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type></os>
<devices>
 <disk type='file' device='disk'><driver name='qemu' type='qcow2' cache='none'/>
  <source file='/images/web.qcow2'/><target dev='vda' bus='virtio'/><serial>S1</serial></disk>
 <disk type='network' device='disk'><driver type='raw'/><source protocol='rbd' name='pool/image'/>
  <target dev='vdb' bus='scsi'/></disk>
 <disk type='file' device='cdrom'><target dev='sda' bus='sata'/></disk>
 <interface type='bridge'><mac address='52:54:00:00:00:01'/><source bridge='br0'/><target dev='vnet0'/>
  <model type='virtio'/></interface>
 <interface type='user'><mac address='52:54:00:00:00:02'/></interface>
 <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0' state='connected'/></channel>
</devices></domain>"""

FILESYSTEMS = {
    "fs.count": 3,
    "fs.0.name": "vda1",
    "fs.0.mountpoint": "/",
    "fs.0.fstype": "ext4",
    "fs.0.total-bytes": 9001,
    "fs.0.used-bytes": 9002,
    "fs.0.disk.0.device": "/dev/vda1",
    "fs.1.name": "loop0",
    "fs.1.mountpoint": "/snap/core",
    "fs.1.fstype": "squashfs",
    "fs.1.total-bytes": 9003,
    "fs.1.used-bytes": 9003,
    "fs.2.name": "vdb",
    "fs.2.mountpoint": "/data",
    "fs.2.fstype": "xfs",
    "fs.2.total-bytes": 9004,
    "fs.2.used-bytes": 9005,
}


def raw_statistics() -> dict[str, Any]:
    """Bulk statistics as libvirt gives them; the values count up by 1,001."""
    numbers = count(1001, 1001)
    raw: dict[str, Any] = {key: next(numbers) for key in STATISTICS}
    raw |= MEASURED | {f"perf.{event}": next(numbers) for event in PERF}
    named = {"net.count": 2, "net.0.name": "vnet0", "block.count": 1, "block.0.name": "vda"}
    return raw | named | {"state.state": 1, "state.reason": 5, "vcpu.current": 2, "vcpu.maximum": 3}


def raw_job() -> dict[str, Any]:
    """Job statistics as libvirt gives them."""
    numbers = count(50_001, 1001)
    return {key: next(numbers) for key in JOB} | {"operation": 5, "type": 2, "memory_page_size": 4096}


def _histogram(*values: float) -> Histogram:
    made = Histogram((1, 10))
    for value in values:
        made.observe(value)
    return made


@pytest.fixture
def snapshot() -> Snapshot:
    """One domain that has everything, and one that is shut off."""
    web = Domain(
        "uuid-web", "web", active=True, state=1, reason=5, autostart=True, persistent=False,
        description=Description.from_xml(XML), job=Job.read(raw_job()),
        agent=Agent(up=True, updated=1234.5, filesystems=filesystems(FILESYSTEMS)),
        **statistics(raw_statistics()),
    )  # fmt: skip
    idle = Domain("uuid-idle", "idle", active=False, fresh=False, state=5, reason=2, persistent=True)
    counts = {(d, r): 70 + n for n, (d, r) in enumerate((d, r) for d in Direction for r in Result)}
    job = Job.read(raw_job() | {"operation": 4, "time_elapsed": 61_001, "downtime": 62_002})
    return Snapshot(
        Connection("qemu:///system", up=True, opened=6, connections=4, stuck=1, library_version="9.0.0",
                   daemon_version="8.9.1", hypervisor="QEMU", hypervisor_version="7.2.22", hostname="h1"),
        (web, idle),
        Migrations(
            counts,
            {Direction.OUTGOING: _histogram(0.5, 5, 50).read()},
            {Direction.OUTGOING: _histogram(0.25).read()},
            {Direction.INCOMING: _histogram(2, 3).read()},
            (Migration("uuid-web", "web", Direction.INCOMING, Result.SUCCESS, 777.5, job),
             Migration("uuid-old", "old", Direction.OUTGOING, Result.FAILED, 888.5)),
        ),
    )  # fmt: skip
