"""A snapshot in which every value is different, so that two fields that are swapped show."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest

from exporter.metric import Histogram
from exporter.snapshot.description import Description
from exporter.snapshot.guest import Agent, filesystems
from exporter.snapshot.guest_details import Details
from exporter.snapshot.history import Backup, Backups, History, Points
from exporter.snapshot.job import Direction, Job, Migration, Migrations, Result
from exporter.snapshot.machine import Disk, Filesystem, Machine, Memory, Nic, Pressure
from exporter.snapshot.network import Network, leases
from exporter.snapshot.node import Cell, Node
from exporter.snapshot.process import Process
from exporter.snapshot.snapshot import Connection, Domain, Reading, Snapshot, statistics
from exporter.snapshot.storage import Pool, Volume, Volumes

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
    "block.0.threshold",
    "block.0.errors",
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
    "block.count": 2,
    "block.0.backingIndex": 3,
    "block.0.path": "/images/web.qcow2",
    "block.1.name": "vda",
    "block.1.backingIndex": 4,
    "block.1.path": "/images/base.qcow2",
    "block.1.rd.bytes": 6001,
    "block.1.rd.reqs": 6002,
    "block.1.wr.bytes": 6003,
    "block.1.wr.reqs": 6004,
    "block.1.allocation": 6005,
    "block.1.capacity": 6006,
    "block.1.physical": 6007,
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
<metadata>
 <nova:instance xmlns:nova='http://openstack.org/xmlns/libvirt/nova/1.1'><nova:name>shop-1</nova:name>
  <nova:creationTime>2026-01-02 03:04:05</nova:creationTime><nova:flavor name='m1.small'/>
  <nova:owner><nova:user uuid='u-1'>alice</nova:user>
   <nova:project uuid='p-1'>shopping</nova:project></nova:owner>
  <nova:root type='image' uuid='i-1'/></nova:instance>
 <v:domain xmlns:v='urn:virtcast:domain:1.0'><v:owner>team-shop</v:owner><v:criticality>high</v:criticality>
  <v:maintenance-window>Sun 02:00-04:00</v:maintenance-window><v:cost-centre>4711</v:cost-centre></v:domain>
</metadata>
<memoryBacking><hugepages><page size='2' unit='MiB' nodeset='0'/></hugepages></memoryBacking>
<vcpu cpuset='0-7'>3</vcpu>
<cputune><shares>1536</shares><period>100000</period><quota>75000</quota><vcpupin vcpu='0' cpuset='2-5,^3'/>
 <emulatorpin cpuset='6'/><iothreadpin iothread='2' cpuset='7'/></cputune>
<numatune><memory mode='strict' nodeset='0-1'/><memnode cellid='0' mode='preferred' nodeset='1'/></numatune>
<cpu><numa><cell id='0' cpus='0-2' memory='65' unit='MiB'/></numa></cpu>
<os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type></os>
<devices>
 <disk type='file' device='disk'><driver name='qemu' type='qcow2' cache='none' discard='unmap'/>
  <source file='/images/web.qcow2'/><target dev='vda' bus='virtio'/><serial>S1</serial>
  <iotune><total_bytes_sec>3001</total_bytes_sec><total_bytes_sec_max>3002</total_bytes_sec_max>
   <total_bytes_sec_max_length>3003</total_bytes_sec_max_length><read_bytes_sec>3004</read_bytes_sec>
   <read_bytes_sec_max>3005</read_bytes_sec_max><read_bytes_sec_max_length>3006</read_bytes_sec_max_length>
   <write_bytes_sec>3007</write_bytes_sec><write_bytes_sec_max>3008</write_bytes_sec_max>
   <write_bytes_sec_max_length>3009</write_bytes_sec_max_length><total_iops_sec>3010</total_iops_sec>
   <total_iops_sec_max>3011</total_iops_sec_max><total_iops_sec_max_length>3012</total_iops_sec_max_length>
   <read_iops_sec>3013</read_iops_sec><read_iops_sec_max>3014</read_iops_sec_max>
   <read_iops_sec_max_length>3015</read_iops_sec_max_length><write_iops_sec>3016</write_iops_sec>
   <write_iops_sec_max>3017</write_iops_sec_max><write_iops_sec_max_length>3018</write_iops_sec_max_length>
   <size_iops_sec>3019</size_iops_sec><group_name>g</group_name></iotune></disk>
 <disk type='network' device='disk'><driver type='raw'/><source protocol='rbd' name='pool/image'/>
  <target dev='vdb' bus='scsi'/></disk>
 <disk type='file' device='cdrom'><target dev='sda' bus='sata'/></disk>
 <interface type='bridge'><mac address='52:54:00:00:00:01'/><source bridge='br0'/><target dev='vnet0'/>
  <model type='virtio'/><link state='down'/>
  <virtualport type='openvswitch'><parameters interfaceid='id-1'/></virtualport></interface>
 <interface type='user'><mac address='52:54:00:00:00:02'/></interface>
 <hostdev mode='subsystem' type='pci' managed='yes'><alias name='hostdev0'/>
  <source><address domain='0x0000' bus='0x06' slot='0x12' function='0x5'/></source></hostdev>
 <hostdev mode='subsystem' type='mdev' model='vfio-pci'><alias name='hostdev1'/>
  <source><address uuid='c2177883-f1bb-47f0-914d-32a22e3a8804'/></source></hostdev>
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


GUEST = {
    "hostname": "shop-1.example", "os.id": "debian", "os.name": "Debian GNU/Linux", "os.version-id": "12",
    "os.pretty-name": "Debian GNU/Linux 12 (bookworm)", "os.version": "12 (bookworm)",
    "os.kernel-release": "6.1.0-18-cloud-amd64", "os.machine": "x86_64",
    "timezone.name": "CET", "timezone.offset": 3600,
    "user.count": 1, "user.0.name": "alice", "user.0.domain": "CORP", "user.0.login-time": 1_700_000_000_500,
    "if.count": 2, "if.0.name": "lo", "if.0.addr.count": 1, "if.0.addr.0.addr": "127.0.0.1",
    "if.1.name": "eth0", "if.1.hwaddr": "52:54:00:00:00:01", "if.1.addr.count": 2,
    "if.1.addr.0.type": "ipv4", "if.1.addr.0.addr": "192.168.122.7", "if.1.addr.0.prefix": 24,
    "if.1.addr.1.type": "ipv6", "if.1.addr.1.addr": "fe80::1", "if.1.addr.1.prefix": 64,
}  # fmt: skip


def raw_statistics() -> dict[str, Any]:
    """Bulk statistics as libvirt gives them; the values count up by 1,001."""
    numbers = count(1001, 1001)
    raw: dict[str, Any] = {key: next(numbers) for key in STATISTICS}
    raw |= MEASURED | {f"perf.{event}": next(numbers) for event in PERF}
    named = {"net.count": 2, "net.0.name": "vnet0", "block.0.name": "vda"}
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


POOL = """<pool type='logical'><name>fast</name><uuid>uuid-fast</uuid><capacity unit='bytes'>1</capacity>
<source><device path='/dev/sdz'/><name>vg0</name></source><target><path>/dev/vg0</path></target></pool>"""
DEAD_POOL = "<pool type='netfs'><name>dead</name></pool>"
LEASES = (
    {"iface": "virbr0", "expirytime": 1_790_000_100, "type": 0, "mac": "52:54:00:00:00:0a",
     "ipaddr": "192.168.122.10", "prefix": 24, "hostname": "web", "clientid": None, "iaid": None},
    {"iface": "virbr0", "expirytime": 0, "type": 1, "mac": "52:54:00:00:00:0b",
     "ipaddr": "fd00::b", "prefix": 64, "hostname": None, "clientid": None, "iaid": "1"},
    {"iface": "virbr0", "expirytime": 1_790_000_200, "type": 0, "mac": "52:54:00:00:00:0a",
     "ipaddr": "192.168.122.10", "prefix": 24, "hostname": "web", "clientid": None, "iaid": None},
)  # fmt: skip


@pytest.fixture
def surroundings() -> dict[str, Any]:
    """What stands beside the domains: keyword arguments for a snapshot."""
    return {
        "node": Node.read(
            ("x86_64", 2001, 2002, 2003, 2004, 2005, 2006, 2007),
            {"user": 2_100_000_000, "kernel": 2_200_000_000, "idle": 2_300_000_000, "iowait": 2_400_000_000},
            {"total": 2501, "free": 2502, "buffers": 2503, "cached": 2504},
            (Cell(0, 2601, 2602, {4096: 2604, 2097152: 2605}), Cell(1, 2603)),
        ),
        "pools": (
            Pool.read(POOL, (2, 3001, 3002, 3003), active=True, autostart=True),
            Pool.read(DEAD_POOL, (0, 9, 9, 9), active=False, autostart=False),
        ),
        "volumes": Volumes((Volume("fast", "web.img", 3101, 3102),), left_out=3103),
        "networks": (
            Network("default", "uuid-default", active=True, autostart=True, persistent=True, bridge="virbr0",
                    leases=leases(LEASES)),
            Network("off", "uuid-off", active=False, autostart=False, persistent=True),
        ),
        "machine": Machine(
            4001, 4002, (4003, 4004, 4005), {"user": 4006, "idle": 4007, "iowait": 4008, "guest": 4009},
            Memory(4010, 4011, 4012, 4013, 4014, 4015, 4016, 4017, 4018),
            {"cpu": Pressure(4019), "io": Pressure(4020, 4021)},
        ),
        "disks": (Disk("sda", *range(4101, 4108)),),
        "filesystems": (Filesystem("/srv", "/dev/sda1", "xfs", *range(4201, 4204)),),
        "nics": (Nic("eth0", *range(4301, 4309)),),
        "processes": (Process("web", 7, *range(4401, 4410)), Process("other", 8, *range(4501, 4507))),
        "readings": (Reading("pools", 4601.5, 4602), Reading("volumes", None, 4603)),
    }  # fmt: skip


def _backups() -> Backups:
    job = Job.read({"operation": 9, "time_elapsed": 5_101_000, "disk_total": 5102, "disk_processed": 5103})
    pulled = Job.read({"operation": 9, "time_elapsed": 5_104_000})
    assert job is not None
    assert pulled is not None
    return Backups(
        {"success": 5105, "failed": 5106, "cancelled": 5107},
        (Backup("uuid-web", "web", "success", 5108.5, job),
         Backup("uuid-web", "web", "cancelled", 5109.5, pulled),
         Backup("uuid-old", "old", "failed", 5110.5, pulled)),
    )  # fmt: skip


@pytest.fixture
def snapshot(surroundings: dict[str, Any]) -> Snapshot:
    """One domain that has everything, and one that is shut off."""
    web = Domain(
        "uuid-web", "web", active=True, state=1, reason=5, autostart=True, persistent=False,
        description=Description.from_xml(XML), job=Job.read(raw_job()),
        agent=Agent(True, 1234.5, filesystems(FILESYSTEMS), Details.read(GUEST, -0.25)),
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
        _backups(),
        History({"uuid-web": Points(3, "before-upgrade", 5001.0, 5002.0)},
                {"uuid-web": Points(4, None, 5003.0, 5004.0)}),
        {"uuid-web": 5005.0},
        **surroundings,
    )  # fmt: skip
