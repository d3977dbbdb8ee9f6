"""What describes single domains, on real guests, against virsh: limits, metadata, history, agents."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import pytest

from exporting import exporting
from lab import Disk, Guest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from exporting import Exporter
    from lab import Lab, RunningGuest

pytestmark = pytest.mark.lab

MIB = 1024 * 1024
VIRTCAST = "urn:virtcast:domain:1.0"
METADATA = f"""<nova:instance xmlns:nova="http://openstack.org/xmlns/libvirt/nova/1.1">
<nova:name>shop "one"</nova:name><nova:flavor name="m1.small"/>
<nova:owner><nova:user uuid="u-1">alice</nova:user><nova:project uuid="p-1">shop</nova:project></nova:owner>
</nova:instance>
<v:domain xmlns:v="{VIRTCAST}"><v:owner>{"o" * 4096}</v:owner><v:criticality>high</v:criticality>
<v:sensitivity>1.5</v:sensitivity><v:limit resource="vm_memory">80%</v:limit>
<v:limit resource="no name">1</v:limit>
<v:maintenance-window>00:00-24:00 UTC</v:maintenance-window></v:domain>"""
# Never started, so that no such device is needed; libvirt writes it as it writes any other.
PLANNED = """<domain type='qemu'><name>planned</name><title>A "plan"</title><memory unit='MiB'>512</memory>
<memoryBacking><hugepages><page size='2' unit='MiB' nodeset='0'/></hugepages></memoryBacking>
<vcpu cpuset='0-3,^2'>2</vcpu>
<cputune><shares>2048</shares><period>100000</period><quota>25000</quota><emulatorpin cpuset='1'/></cputune>
<numatune><memory mode='strict' nodeset='0'/><memnode cellid='1' mode='preferred' nodeset='0'/></numatune>
<os><type arch='x86_64' machine='q35'>hvm</type></os>
<cpu><numa><cell id='0' cpus='0' memory='256' unit='MiB'/><cell id='1' cpus='1' memory='256' unit='MiB'/>
</numa></cpu>
<devices>
 <disk type='network' device='disk'><driver name='qemu' type='raw'/>
  <source protocol='rbd' name='pool/image'><host name='ceph'/></source><target dev='vda' bus='virtio'/></disk>
 <hostdev mode='subsystem' type='pci' managed='yes'>
  <source><address domain='0' bus='6' slot='18' function='5'/></source></hostdev>
 <hostdev mode='subsystem' type='mdev' model='vfio-pci'>
  <source><address uuid='c2177883-f1bb-47f0-914d-32a22e3a8804'/></source></hostdev>
</devices></domain>"""
FLAGS = (
    "--libvirt.read-write", "--agent.interval=1", "--dirty-rate.interval=1", "--collector.dirtyrate",
    "--collector.iothread", "--collector.block-backing", "--collector.guest-address", "--compat=tinkoff",
    "--compat=inovex",
)  # fmt: skip


@pytest.fixture(scope="module")
def guest(lab: Lab, fleet: dict[str, RunningGuest]) -> Iterator[RunningGuest]:
    """A guest that never boots, with an I/O thread, a limit, a pin, a chain of images and two checkpoints."""
    assert fleet
    host = lab.hosts[0]
    made = host.start(Guest("described", paused=True, disks=(Disk(),), metadata=METADATA))
    name = made.name
    host.virsh("iothreadadd", name, "3")
    host.virsh("vcpupin", name, "0", "0-1")
    host.virsh("blkdeviotune", name, "vda", "--total-bytes-sec", "50000000", "--total-iops-sec", "500")
    host.virsh("snapshot-create-as", name, "before", "--disk-only")
    for checkpoint in ("first", "second"):
        host.virsh("checkpoint-create-as", name, checkpoint)
    yield made
    made.destroy()


@pytest.fixture(scope="module")
def exporter(guest: RunningGuest) -> Iterator[Exporter]:
    """An exporter of the guest's host, with all that is opt-in."""
    with exporting(f"--libvirt.uri={guest.host.uri}", *FLAGS) as running:
        yield running


def test_placement_and_limits_are_the_xmls(exporter: Exporter, guest: RunningGuest) -> None:
    page, name = exporter.scrape(), guest.name
    pinned = page.labels("libvirt_domain_vcpu_pinning_info", domain=name, vcpu="0")["cpuset"]
    assert re.search(rf"^ *0 +{pinned}$", guest.host.virsh("vcpupin", name), re.MULTILINE)
    assert page.value("libvirt_domain_vcpu_pinned_host_cpus", domain=name) == 2
    told = guest.host.virsh("blkdeviotune", name, "vda")
    for key, metric in (("total_bytes_sec", "total_bytes"), ("total_iops_sec", "total_requests")):
        said = re.search(rf"^{key} *: (\d+)$", told, re.MULTILINE)
        assert said is not None
        assert page.value(f"libvirt_domain_block_stats_limit_{metric}", domain=name) == int(said[1]) > 0
    assert page.value("libvirt_domain_block_stats_limit_read_bytes", domain=name) is None
    assert page.value("libvirt_domain_memory_hugepages", domain=name) == 0


@pytest.fixture
def planned(guest: RunningGuest, tmp_path: Path) -> Iterator[str]:
    """A domain that is defined and never started."""
    file = tmp_path / "planned.xml"
    file.write_text(PLANNED)
    guest.host.virsh("define", str(file))
    yield "planned"
    guest.host.virsh("undefine", "planned")


def test_numa_hugepages_and_host_devices_are_the_xmls(exporter: Exporter, planned: str) -> None:
    info = "libvirt_domain_hostdev_info"
    page = exporter.until(lambda page: page.value(info, domain=planned, type="pci") == 1, "it is described")
    expected = {
        ("libvirt_domain_cpuset_info", "cpuset"): "0-1,3",
        ("libvirt_domain_emulator_pinning_info", "cpuset"): "1",
        ("libvirt_domain_block_stats_info", "source"): "rbd:pool/image",
        ("libvirt_domain_info", "title"): 'A "plan"',
    }
    assert {key: page.labels(key[0], domain=planned)[key[1]] for key in expected} == expected
    assert page.labels(info, domain=planned, type="pci")["source"] == "0000:06:12.5"
    mediated = page.labels(info, domain=planned, type="mdev")
    assert (mediated["model"], mediated["source"][:8]) == ("vfio-pci", "c2177883")
    assert page.value("libvirt_domain_cpu_shares", domain=planned) == 2048
    assert page.value("libvirt_domain_vcpu_limit_ratio", domain=planned) == 0.25
    assert page.value("libvirt_domain_numa_cell_memory_bytes", domain=planned, cell="1") == 256 * MIB
    assert page.labels("libvirt_domain_numa_memory_info", domain=planned, cell="1")["mode"] == "preferred"
    assert page.labels("libvirt_domain_numa_memory_info", domain=planned, cell="")["nodeset"] == "0"
    assert page.value("libvirt_domain_memory_hugepage_size_bytes", domain=planned, nodeset="0") == 2 * MIB


AGED = """<domain type='qemu'><name>aged</name><memory unit='MiB'>64</memory>
<os><type arch='x86_64' machine='{machine}'>hvm</type></os><devices>
 <interface type='user'><mac address='{mac}'/></interface></devices></domain>"""


@pytest.fixture
def aged(guest: RunningGuest, tmp_path: Path) -> Iterator[str]:
    """A domain of a deprecated machine type, defined with the MAC address of another."""
    capabilities = guest.host.virsh("capabilities")
    machine = re.search(r"<machine [^>]*deprecated='yes'>(pc-i440fx[^<]*)<", capabilities)
    mac = re.search(r"52:54:00:[0-9a-f:]+", guest.host.virsh("domiflist", guest.name))
    if machine is None or mac is None:
        pytest.skip("this QEMU has no deprecated machine type, or this lab no network")
    file = tmp_path / "aged.xml"
    file.write_text(AGED.format(machine=machine[1], mac=mac[0]))
    guest.host.virsh("define", str(file))
    yield mac[0]
    guest.host.virsh("undefine", "aged")


def test_a_deprecated_machine_type_and_a_mac_address_used_twice(
    exporter: Exporter, guest: RunningGuest, aged: str
) -> None:
    deprecated, twice = "libvirt_domain_machine_deprecated", "libvirt_domain_duplicate_mac_interfaces"
    page = exporter.until(lambda page: page.value(deprecated, domain="aged") == 1, "it is described")
    assert page.value(deprecated, domain=guest.name) == 0
    assert page.value("libvirt_domain_machine_supported", domain="aged") == 1
    assert {(one["domain"], one["mac_address"]) for one in page.series(twice)} == {
        (guest.name, aged),
        ("aged", aged),
    }
    assert page.value(twice, domain="aged") == 2
    info = "libvirt_domain_interface_stats_info"  # what a rule over several hosts compares
    assert page.labels(info, domain=guest.name)["mac_address"] == aged


def test_iothreads_and_backing_chains_are_the_statistics(exporter: Exporter, guest: RunningGuest) -> None:
    page, name = exporter.scrape(), guest.name
    told = guest.host.virsh("domstats", "--raw", "--iothread", "--block", "--backing", name)
    said = dict(line.strip().split("=", 1) for line in told.splitlines() if "=" in line)
    assert page.value("libvirt_domain_iothreads", domain=name) == int(said["iothread.count"]) == 1
    seconds = page.value("libvirt_domain_iothread_poll_max_seconds", domain=name, iothread="3")
    assert seconds == int(said["iothread.3.poll-max-ns"]) / 1e9
    assert page.value("libvirt_domain_block_backing_images", domain=name) == int(said["block.count"]) == 2
    for n in range(2):
        labels = {"domain": name, "backing_index": said[f"block.{n}.backingIndex"]}
        assert page.value("libvirt_domain_block_backing_capacity_bytes", **labels) == 64 * MIB
        source = page.labels("libvirt_domain_block_backing_info", **labels)["source"]
        assert source == said[f"block.{n}.path"]


def test_metadata_is_read_cut_and_counted(exporter: Exporter, guest: RunningGuest) -> None:
    page = exporter.scrape()
    nova = page.labels("libvirt_domain_openstack_info", domain=guest.name)
    assert (nova["instance_name"], nova["project_id"]) == ('shop "one"', "p-1")
    assert nova["instance_id"] == guest.host.virsh("domuuid", guest.name).strip()
    own = page.labels("libvirt_domain_virtcast_info", domain=guest.name)
    assert (len(own["owner"]), own["criticality"]) == (256, "high")
    assert page.value("libvirt_domains_metadata_skipped", reason="truncated") == 1
    assert page.value("libvirt_domain_virtcast_sensitivity_ratio", domain=guest.name) == 1.5
    limit = page.value("libvirt_domain_virtcast_limit_value", domain=guest.name, resource="vm_memory")
    assert limit == 0.8
    assert page.value("libvirt_domain_virtcast_maintenance", domain=guest.name) == 1
    assert page.value("libvirt_domains_metadata_skipped", reason="invalid") == 1
    assert page.labels("libvirt_domain_info_meta", domain=guest.name)["project_uuid"] == "p-1"
    assert page.value(
        "libvirt_domain_info_state", domain=guest.name, state_desc="the domain is paused by user"
    )


def test_hostile_metadata_costs_itself_only(exporter: Exporter, guest: RunningGuest) -> None:
    """Libvirt takes a prefix that is not declared, and then writes XML that others refuse."""
    key = ("metadata", guest.name, "urn:hostile", "--live")
    skipped = {"reason": "unreadable"}
    guest.host.virsh(*key, "--key", "hostile", "--set", "<a><undeclared:b/></a>")
    try:
        page = exporter.until(
            lambda page: page.value("libvirt_domains_metadata_skipped", **skipped) == 1, "it is counted"
        )
    finally:
        guest.host.virsh(*key, "--remove")
    assert page.labels("libvirt_domain_openstack_info", domain=guest.name)["project_id"] == "p-1"
    assert page.value("libvirt_domain_vcpu_pinned_host_cpus", domain=guest.name) == 2
    exporter.until(lambda page: page.value("libvirt_domains_metadata_skipped", **skipped) == 0, "it is gone")


def test_snapshots_and_checkpoints_have_virshs_number_and_age(
    exporter: Exporter, guest: RunningGuest, fleet: dict[str, RunningGuest]
) -> None:
    virsh, name = guest.host.virsh, guest.name
    page = exporter.until(lambda page: page.value("libvirt_domain_checkpoints", domain=name) == 2, "two")
    created = re.search(r"<creationTime>(\d+)<", virsh("snapshot-dumpxml", name, "before"))
    assert created is not None
    assert page.value("libvirt_domain_snapshots", domain=name) == 1
    assert page.value("libvirt_domain_snapshot_newest_timestamp_seconds", domain=name) == int(created[1])
    assert page.value("libvirt_domain_snapshot_current_info", domain=name, snapshot="before") == 1
    for checkpoint, end in (("first", "oldest"), ("second", "newest")):
        created = re.search(r"<creationTime>(\d+)<", virsh("checkpoint-dumpxml", name, checkpoint))
        assert created is not None
        metric = f"libvirt_domain_checkpoint_{end}_timestamp_seconds"
        assert page.value(metric, domain=name) == int(created[1])
    size = re.search(r"size='(\d+)'", virsh("checkpoint-dumpxml", name, "second", "--size", "--no-domain"))
    assert size is not None
    assert page.value("libvirt_domain_checkpoint_newest_size_bytes", domain=name) == int(size[1])
    other = next(one.name for one in fleet.values() if one.host is guest.host)
    assert page.value("libvirt_domain_checkpoints", domain=other) == 0


def test_a_backup_is_counted_with_virshs_figures(exporter: Exporter, guest: RunningGuest) -> None:
    labels = {"domain": guest.name, "result": "success"}
    assert exporter.scrape().value("libvirt_backups_total", result="success") == 0
    guest.host.virsh("backup-begin", guest.name)
    page = exporter.until(
        lambda page: page.value("libvirt_backups_total", result="success") == 1, "the backup is counted"
    )
    told = guest.host.virsh("domjobinfo", guest.name, "--completed", "--keep-completed", "--rawstats")
    elapsed, copied = (re.search(rf"{key}: *(\d+)", told) for key in ("time_elapsed", "disk_processed"))
    assert elapsed is not None
    assert copied is not None
    assert page.value("libvirt_domain_last_backup_duration_seconds", **labels) == int(elapsed[1]) / 1000
    assert page.value("libvirt_domain_last_backup_processed_bytes", **labels) == int(copied[1]) == 64 * MIB
    ended = page.value("libvirt_domain_last_backup_timestamp_seconds", **labels)
    assert ended is not None
    assert 0 <= time.time() - ended < 20


def test_a_link_that_is_down_is_shown(exporter: Exporter, guest: RunningGuest) -> None:
    told = guest.host.virsh("domiflist", guest.name).split()
    if not told or told[0] == "-":
        pytest.skip("this lab's guests have no interface of their own")
    page = exporter.scrape()
    up = page.value("libvirt_domain_interface_link_up", domain=guest.name, target_device=told[0])
    assert up == (guest.host.virsh("domif-getlink", guest.name, told[0]).split()[-1] == "up")


def test_a_dirty_rate_is_measured_on_request(
    exporter: Exporter, guest: RunningGuest, fleet: dict[str, RunningGuest]
) -> None:
    busy = next(one for one in fleet.values() if one.host is guest.host and one.name == "filling")
    rate = "libvirt_domain_dirty_rate_bytes_per_second"
    page = exporter.until(lambda page: page.value(rate, domain=busy.name) is not None, "it is measured")
    assert page.labels("libvirt_domain_dirty_rate_info", domain=busy.name)["mode"] == "page-sampling"
    with open("/proc/uptime") as file:  # noqa: PTH123 (a line of a pseudo file)
        uptime = float(file.read().split()[0])
    began = page.value("libvirt_domain_dirty_rate_uptime_seconds", domain=busy.name)
    assert began is not None
    assert 0 <= uptime - began < 60


def test_what_an_agent_says_of_its_guest_is_virshs(
    exporter: Exporter, guest: RunningGuest, fleet: dict[str, RunningGuest]
) -> None:
    one = next(each for each in fleet.values() if each.host is guest.host)
    info = "libvirt_domain_guest_info"
    page = exporter.until(lambda page: page.value(info, domain=one.name) == 1, "the agent is asked")
    told, said = one.information(), page.labels(info, domain=one.name)
    keys = {"hostname": "hostname", "os_id": "os.id", "kernel_release": "os.kernel-release"}
    assert {label: said[label] for label in keys} == {label: told[key] for label, key in keys.items()}
    assert page.value("libvirt_domain_guest_users", domain=one.name) == told["user.count"]
    shown = {
        dict(has)["address"]
        for name, has in page.values
        if name == "libvirt_domain_guest_address_info" and dict(has)["domain"] == one.name
    }
    addresses = {str(value) for key, value in told.items() if re.fullmatch(r"if\.\d+\.addr\.\d+\.addr", key)}
    assert shown == addresses - {"127.0.0.1", "::1"}
    offset = page.value("libvirt_domain_guest_clock_offset_seconds", domain=one.name)
    assert offset is not None
    ahead = one.agent("guest-get-time") / 1e9 - time.time()  # an emulated guest's clock can be minutes off
    assert offset == pytest.approx(ahead, abs=10)
