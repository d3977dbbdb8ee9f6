"""What system tests of the exporter share: the situations in which virsh is asked; see virsh_table."""

from __future__ import annotations

import json
import re
import time
from itertools import product
from typing import TYPE_CHECKING

import pytest

from lab import Disk, Guest
from virsh_table import Subject

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lab import Lab, RunningGuest


@pytest.fixture
def filling(lab: Lab, fleet: dict[str, RunningGuest]) -> RunningGuest:
    guest = fleet["filling"]
    assert guest.host is lab.hosts[0]
    return guest


@pytest.fixture
def host(lab: Lab) -> Subject:
    return Subject(lab.hosts[0], {})


@pytest.fixture
def suspended(filling: RunningGuest) -> Iterator[Subject]:
    """A guest whose figures stand still, with a disk and a network interface."""
    filling.host.virsh("suspend", filling.name)
    filling.host.virsh("domblkthreshold", filling.name, "vda", "60000000")
    nic = filling.host.virsh("domiflist", filling.name).split()
    if not nic or nic[0] == "-":
        pytest.skip("this lab's guests have user-mode networks, which libvirt does not count")
    yield Subject(filling.host, {"domain": filling.name, "nic": nic[0]})
    filling.host.virsh("resume", filling.name)


SOFTWARE_EVENTS = (
    "cpu_clock,task_clock,page_faults,page_faults_min,page_faults_maj,context_switches,cpu_migrations,"
    "alignment_faults,emulation_faults"
)


@pytest.fixture
def perf(filling: RunningGuest) -> Iterator[Subject]:
    """A guest whose process the kernel counts for."""
    filling.host.virsh("perf", filling.name, "--enable", SOFTWARE_EVENTS)
    yield Subject(filling.host, {"domain": filling.name})
    filling.host.virsh("perf", filling.name, "--disable", SOFTWARE_EVENTS)


@pytest.fixture
def dirtied(filling: RunningGuest) -> Subject:
    """A guest whose dirty rate has been measured."""
    filling.host.virsh("domdirtyrate-calc", filling.name, "--seconds", "1")
    return Subject(filling.host, {"domain": filling.name})


@pytest.fixture
def answering(filling: RunningGuest) -> Subject:
    """A guest with an agent."""
    return Subject(filling.host, {"domain": filling.name}, age=2)


TOTALS = (
    "--total-bytes-sec", "50000001", "--total-bytes-sec-max", "60000002", "--total-bytes-sec-max-length", "3",
    "--total-iops-sec", "504", "--total-iops-sec-max", "605", "--total-iops-sec-max-length", "6",
    "--size-iops-sec", "8192",
)  # fmt: skip
WAYS = tuple(
    word
    for place, (way, what) in enumerate(product(("read", "write"), ("bytes", "iops")))
    for suffix, value in (("", 400_001), ("-max", 500_002), ("-max-length", 2))
    for word in (f"--{way}-{what}-sec{suffix}", str(value + 10 * place))
)


@pytest.fixture(scope="module")
def described(lab: Lab, fleet: dict[str, RunningGuest]) -> Iterator[Subject]:
    """A guest that never boots, with an I/O thread, limits, pins, a snapshot and a chain of images."""
    assert fleet
    host = lab.hosts[0]
    made = host.start(Guest("measured", paused=True, disks=(Disk(),)))
    for command in (
        ("iothreadadd", made.name, "3"),
        ("iothreadpin", made.name, "3", "1"),
        ("vcpupin", made.name, "0", "0"),
        ("emulatorpin", made.name, "0-1"),
        ("snapshot-create-as", made.name, "before", "--disk-only"),
        ("blkdeviotune", made.name, "vda", *TOTALS),
    ):
        host.virsh(*command)
    (top,) = re.findall(
        r"block\.0\.backingIndex=(\d+)", host.virsh("domstats", "--block", "--raw", made.name)
    )
    yield Subject(host, {"domain": made.name, "top": top})
    made.destroy()


@pytest.fixture
def limited(described: Subject) -> Iterator[Subject]:
    """The same with limits on reading and writing, which libvirt does not take beside those on both."""
    none = [word if word.startswith("--") else "0" for word in TOTALS]
    name = described.names["domain"]
    described.host.virsh("blkdeviotune", name, "vda", *none)
    described.host.virsh("blkdeviotune", name, "vda", *WAYS)
    yield described
    described.host.virsh("blkdeviotune", name, "vda", *[w if w.startswith("--") else "0" for w in WAYS])
    described.host.virsh("blkdeviotune", name, "vda", *TOTALS)


@pytest.fixture
def backed_up(described: Subject) -> Subject:
    described.host.virsh("backup-begin", described.names["domain"])
    return described


@pytest.fixture
def planned(lab: Lab, tmp_path: Path) -> Iterator[Subject]:
    """A domain that is off and shall have a weight."""
    file = tmp_path / "shared.xml"
    file.write_text(
        "<domain type='qemu'><name>shared</name><memory unit='MiB'>64</memory>"
        "<cputune><shares>1536</shares></cputune><os><type arch='x86_64'>hvm</type></os></domain>"
    )
    lab.hosts[0].virsh("define", str(file))
    yield Subject(lab.hosts[0], {"domain": "shared"})
    lab.hosts[0].virsh("undefine", "shared")


@pytest.fixture
def moving(lab: Lab, fleet: dict[str, RunningGuest]) -> Iterator[Subject]:
    """A guest that stands still while it is moved slowly, with a disk that only this host has."""
    guest, (source, target) = fleet["busy"], lab.hosts
    for one in lab.hosts:
        image = one.folder / "lib/images/moving.raw"
        image.parent.mkdir(exist_ok=True)
        image.write_bytes(b"x" * (4 << 20))
    inside = "/var/lib/libvirt/images/moving.raw"
    source.virsh("attach-disk", guest.name, inside, "vdz", "--live", "--targetbus", "virtio")
    source.virsh("suspend", guest.name)
    flags = ("--copy-storage-all", "--migrate-disks", "vdz", "--compressed", "--comp-methods", "xbzrle")
    migration = lab.begin_migration(guest, to=target, bandwidth_mib=4, flags=flags)
    subject = Subject(source, {"domain": guest.name}, age=0.6)
    while "memory_bps" not in subject.told("domjobinfo {domain} --rawstats"):
        assert migration.running()
        time.sleep(0.2)
    yield subject
    migration.cancel()
    source.virsh("resume", guest.name)
    source.virsh("detach-disk", guest.name, "vdz", "--live")


@pytest.fixture
def moved(lab: Lab, fleet: dict[str, RunningGuest]) -> Iterator[Subject]:
    """A guest that has come to this host."""
    guest, (here, there) = fleet["idle"], lab.hosts
    lab.migrate(guest, to=here)
    yield Subject(here, {"domain": guest.name})
    lab.migrate(guest, to=there)


@pytest.fixture
def stored(lab: Lab, tmp_path: Path) -> Iterator[Subject]:
    """A pool with a volume."""
    virsh = lab.hosts[0].virsh
    virsh("pool-define-as", "values", "dir", "--target", str(tmp_path))
    virsh("pool-start", "values")
    virsh("vol-create-as", "values", "web.qcow2", "64M", "--format", "qcow2")
    yield Subject(lab.hosts[0], {"pool": "values"})
    virsh("pool-destroy", "values")
    virsh("pool-undefine", "values")


@pytest.fixture
def networked(lab: Lab, tmp_path: Path) -> Iterator[Subject]:
    """A network with a lease; no DHCP server runs here: its status file, which libvirt reads, is written."""
    host = lab.hosts[0]
    definition = tmp_path / "network.xml"
    definition.write_text(
        "<network><name>values</name><forward mode='bridge'/><bridge name='lab0'/></network>"
    )
    status = host.folder / "lib/dnsmasq/lab0.status"
    status.parent.mkdir(exist_ok=True)
    lease = {"ip-address": "10.77.0.9", "mac-address": "52:54:00:77:00:09", "hostname": "web"}
    status.write_text(json.dumps([lease | {"expiry-time": int(time.time()) + 3600}]))
    host.virsh("net-define", str(definition))
    host.virsh("net-start", "values")
    yield Subject(host, {"network": "values"})
    host.virsh("net-destroy", "values")
    host.virsh("net-undefine", "values")
    status.unlink(missing_ok=True)
