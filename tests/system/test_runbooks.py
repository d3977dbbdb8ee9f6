"""Every virsh command of a runbook, to look and to cure, as it is written there, given to a real host.

Words in capitals are what a reader puts in. Sizes are those of the lab's small guests. Without SSH the other
host is reached by its socket. Rows are in an order in which each leaves its guest fit for the next.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from lab import Disk, Guest, LabError, RunningGuest
from lab.requirements import ENVIRONMENT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from lab import Host, Lab

pytestmark = pytest.mark.lab

RUNBOOKS = sorted((Path(__file__).resolve().parents[2] / "alert_rules/runbooks").glob("*.md"))
DESTINATION = "qemu+ssh://DESTINATION/system"

# A machine that finds nothing to boot, and waits: a QEMU process like any other, without load.
BARE = """<domain type='qemu'><name>{name}</name><memory unit='MiB'>32</memory><vcpu current='1'>4</vcpu>
<os><type arch='x86_64' machine='{machine}'>hvm</type></os><devices>
<disk type='file'><driver name='qemu' type='qcow2'/><source file='{image}'/>
<target dev='vda' bus='virtio'/></disk>
<interface type='bridge'><source bridge='lab0'/><target dev='{name}0'/></interface>
<watchdog model='i6300esb' action='pause'/>
<console type='pty'/><controller type='usb' model='none'/><memballoon model='none'/></devices></domain>"""
NETWORK = "<network><name>{name}</name><forward mode='bridge'/><bridge name='{bridge}'/></network>"


def lines(title: str) -> set[str]:
    """The lines for a shell that ask libvirt, in this section of all runbooks."""
    sections = (path.read_text().partition(f"## {title}\n")[2].partition("\n## ")[0] for path in RUNBOOKS)
    blocks = (block for section in sections for block in re.findall(r"```sh\n(.*?)```", section, re.DOTALL))
    found = {line.strip() for block in blocks for line in block.splitlines()}
    return {line for line in found if re.search(r"\bvir(sh|t-admin) ", line)}


@dataclass(frozen=True)
class Ward:
    """The patients: VMs, and what else a host has, by the word that a runbook uses."""

    lab: Lab
    folder: Path
    booted: RunningGuest
    begun: list[subprocess.Popen[str]] = field(default_factory=list)  # what runs beside a cure

    @property
    def host(self) -> Host:
        return self.lab.hosts[0]

    def virsh(self, *command: str) -> str:
        return self.host.virsh(*command)

    def xml(self, domain: str, *flags: str) -> ET.Element:
        return ET.fromstring(self.virsh("dumpxml", domain, *flags))  # noqa: S314 (libvirt's)

    def run(self, line: str, words: Mapping[str, str], typed: str = "") -> str:
        """What a line of a runbook prints, with the reader's words; an editor is the word EDITOR.
        With `typed` it runs on a terminal, and gets that after two seconds.
        """
        known = {"MACHINE": "pc", "NETWORK": "ward", "POOL": "ward", **words}
        there = (
            self.lab.hosts[1].uri if line.startswith("virsh -c ") else over_there(self, known.get("VM", ""))
        )
        editor = known.pop("EDITOR", "true")
        for word, put in sorted(known.items(), key=lambda each: -len(each[0])):
            line = re.sub(rf"(?<![\w/]){re.escape(word)}(?![\w/])", put.replace("\\", r"\\"), line)
        line = line.replace("FOLDER", str(self.folder)).replace(DESTINATION, there)
        if typed:
            line = f"{{ sleep 2; printf '{typed}'; }} | script -qec {shlex.quote(line)} /dev/null"
        admin = f"libvirtd:///system?socket={self.host.folder}/run/libvirt-admin-sock"
        place = {
            "LIBVIRT_DEFAULT_URI": self.host.uri,
            "LIBVIRT_ADMIN_DEFAULT_URI": admin,
            "VISUAL": editor,
            "EDITOR": editor,
        }
        done = subprocess.run(
            ["bash", "-c", line],
            env=ENVIRONMENT | place,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, f"{line}: {done.stderr}"
        return done.stdout


def nothing(_ward: Ward) -> None:
    """All is as it must be."""


@dataclass(frozen=True)
class Cure:
    """A command, what a reader puts in, what is done before and after, and what holds in between."""

    command: str
    words: Mapping[str, str]
    holds: Callable[[Ward], object]  # False where it does not
    before: Callable[[Ward], object] = nothing
    after: Callable[[Ward], object] = nothing
    within: float = field(default=0.0)  # seconds, of what a guest does by itself


# -- what is true of a host


def state(name: str, wanted: str) -> Callable[[Ward], bool]:
    return lambda ward: ward.virsh("domstate", name).strip() == wanted


def text_of(path: str, wanted: str, *flags: str, domain: str = "bare") -> Callable[[Ward], bool]:
    """Whether an element of the definition says so."""
    return lambda ward: ward.xml(domain, *flags).findtext(path) == wanted


def attribute(path: str, name: str, wanted: str, *flags: str, domain: str = "bare") -> Callable[[Ward], bool]:
    def holds(ward: Ward) -> bool:
        found = ward.xml(domain, *flags).find(path)
        return found is not None and found.get(name) == wanted

    return holds


def says(wanted: str, *command: str) -> Callable[[Ward], bool]:
    return lambda ward: wanted in ward.virsh(*command)


def silent(unwanted: str, *command: str) -> Callable[[Ward], bool]:
    return lambda ward: unwanted not in ward.virsh(*command)


def told(*command: str) -> Callable[[Ward], str]:
    """A command of virsh's, to be run before or after."""
    return lambda ward: ward.virsh(*command)


def is_at(name: str) -> Callable[[Ward], bool]:
    """Whether the disk of the machine is this image."""
    return lambda ward: attribute("devices/disk/source", "file", str(ward.folder / name))(ward)


def dumped(name: str) -> Callable[[Ward], bool]:
    return lambda ward: (ward.folder / name).read_bytes()[:4] == b"\x7fELF"


def capacity(bytes_: int) -> Callable[[Ward], bool]:
    return lambda ward: str(bytes_) in ward.virsh("domblkinfo", "bare", "vda").splitlines()[0]


def balloon(mib: int) -> Callable[[Ward], bool]:
    return lambda ward: f"actual {mib * 1024}\n" in ward.virsh("dommemstat", "ward")


def right_time(ward: Ward) -> bool:
    guest: float = ward.booted.agent("guest-get-time") / 1e9
    return abs(guest - time.time()) < 30


def elsewhere(name: str, persistent: bool) -> Callable[[Ward], bool]:
    """Whether the machine runs on the other host."""

    def holds(ward: Ward) -> bool:
        there = ward.lab.hosts[1].virsh("dominfo", name)
        kept = re.search(r"^Persistent: +(\w+)", there, re.MULTILINE)
        running = bool(re.search(r"^State: +running", there, re.MULTILINE))
        return running and kept is not None and kept[1] == ("yes" if persistent else "no")

    return holds


def runs_there(ward: Ward) -> bool:
    """Whether libvirt has handed the guest over, and asks for its memory page by page. One that is
    interrupted before is in the hands of neither host.
    """
    there = ward.lab.hosts[1].virsh("domstate", "ward", "--reason")
    return "post-copy" in there and "Postcopy" in ward.virsh("domjobinfo", "ward")


# -- what is done to it


def bare(name: str, machine: str = "pc") -> Callable[[Ward], None]:
    """A machine that waits, defined and started."""

    def make(ward: Ward) -> None:
        image, definition = ward.folder / f"{name}.qcow2", ward.folder / f"{name}.xml"
        subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", str(image), "4M"], check=True)
        definition.write_text(BARE.format(name=name, machine=machine, image=image))
        ward.virsh("define", str(definition))
        ward.virsh("start", name)

    return make


def gone(name: str) -> Callable[[Ward], None]:
    """The machine is no more, on either host."""

    def destroy(ward: Ward) -> None:
        for host in ward.lab.hosts:
            for command in (("destroy", name), ("undefine", name)):
                try:
                    host.virsh(*command)
                except LabError:
                    continue  # it is not there, or is no more by itself

    return destroy


def off(name: str) -> Callable[[Ward], None]:
    def make(ward: Ward) -> None:
        bare(name)(ward)
        ward.virsh("destroy", name)

    return make


def beside(ward: Ward, line: str) -> None:
    """A command that goes on beside what follows."""
    place = {"LIBVIRT_DEFAULT_URI": ward.host.uri}
    said = subprocess.PIPE
    running = subprocess.Popen(
        shlex.split(line), env=ENVIRONMENT | place, text=True, stdout=said, stderr=said
    )
    ward.begun.append(running)


def listening(ward: Ward, line: str) -> None:
    """The same for a command that waits for an event: it says nothing once it listens."""
    beside(ward, line)
    time.sleep(2)


def end(ward: Ward) -> str:
    """What it printed, when it has ended."""
    return ward.begun.pop().communicate(timeout=60)[0]


def defined_network(name: str, text: str) -> Callable[[Ward], None]:
    def define(ward: Ward) -> None:
        file = ward.folder / f"{name}-net.xml"
        file.write_text(text)
        ward.virsh("net-define", str(file))

    return define


def slow_migration(*flags: str) -> Callable[[Ward], None]:
    """The booted guest is on its way to the other host, for as long as nothing is done about it."""

    def begin(ward: Ward) -> None:
        address = f"--migrateuri unix://{ward.lab.root}/m-slow"
        command = f"virsh migrate --live --persistent --undefinesource {' '.join(flags)} ward --bandwidth 1"
        beside(ward, f"{command} {ward.lab.hosts[1].uri} --unsafe {address}")
        limit = time.monotonic() + 30
        while "Memory processed" not in ward.virsh("domjobinfo", "ward"):
            assert time.monotonic() < limit, "it does not begin"
            time.sleep(0.2)

    return begin


def come_back(ward: Ward) -> None:
    there = ward.lab.hosts[1]
    ward.booted.host = there
    ward.lab.migrate(ward.booted, to=ward.host)


def backed_up(ward: Ward) -> None:
    ward.virsh("backup-begin", "bare")
    limit = time.monotonic() + 30
    while "Backup" not in ward.virsh("domjobinfo", "bare", "--completed", "--keep-completed"):
        assert time.monotonic() < limit, "it does not end"
        time.sleep(0.3)


def put_clock_ahead(ward: Ward) -> None:
    """The agent runs hwclock where distributions have it."""
    ward.booted.output(f"ln -sf /bin/busybox /sbin/hwclock; date -s @{time.time() + 3600:.0f}")


def over_there(ward: Ward, name: str) -> str:
    """What a runbook's destination is here: the other host's socket, and one to migrate by."""
    sockets = f"--migrateuri unix://{ward.lab.root}/m-{name} --disks-uri unix://{ward.lab.root}/m-{name}d"
    return f"{ward.lab.hosts[1].uri} --unsafe {sockets}"


BARE_VM = {"VM": "bare", "TARGET": "vda"}
WARD = {"VM": "ward"}
CORE = "/var/tmp/VM.core"  # noqa: S108 (a runbook's example)
NO_CGROUP = BARE_VM | {"--live": "--config"}  # the lab's hosts have no cgroups: what is kept is asked for
EDITED = BARE_VM | {"EDITOR": "sed -i s/02:00-04:00/03:00-05:00/"}
OFF = {"VM": "off"}
ROWS = (
    # A machine that waits.
    Cure(
        "memtune VM --hard-limit -1 --live",
        NO_CGROUP,
        lambda ward: ward.xml("bare", "--inactive").find("memtune/hard_limit") is None,
        before=told("memtune", "bare", "--hard-limit", "500000", "--config"),
    ),
    Cure(
        "emulatorpin VM 0-3 --live", BARE_VM | {"0-3": "0"}, attribute("cputune/emulatorpin", "cpuset", "0")
    ),
    Cure("iothreadadd VM 1 --live", BARE_VM, text_of("iothreads", "1")),
    Cure("setvcpus VM 4 --live", BARE_VM, says("4", "vcpucount", "bare", "--current", "--live")),
    Cure("setvcpus VM 2 --config", BARE_VM, says("2", "vcpucount", "bare", "--current", "--config")),
    Cure(
        "setmaxmem VM 8G --config",
        BARE_VM | {"8G": "48M"},
        text_of("memory", str(48 * 1024), "--inactive"),
    ),
    Cure(
        "blkdeviotune VM TARGET --total-iops-sec 500 --live",
        BARE_VM,
        text_of("devices/disk/iotune/total_iops_sec", "500"),
    ),
    Cure(
        "blkdeviotune VM TARGET --total-iops-sec 2000 --live",
        BARE_VM,
        text_of("devices/disk/iotune/total_iops_sec", "2000"),
    ),
    Cure(
        "domiftune VM TARGET --inbound 100000",
        BARE_VM | {"TARGET": "bare0 --config"},  # the kernel of a small machine may shape no traffic
        attribute("devices/interface/bandwidth/inbound", "average", "100000", "--inactive"),
    ),
    Cure(
        "domif-setlink VM TARGET up",
        BARE_VM | {"TARGET": "bare0"},
        says("bare0 up", "domif-getlink", "bare", "bare0"),
        before=told("domif-setlink", "bare", "bare0", "down"),
    ),
    Cure("resume VM", BARE_VM, state("bare", "running"), before=told("suspend", "bare")),
    Cure(
        "autostart VM --disable",
        BARE_VM,
        silent("Autostart:      enable", "dominfo", "bare"),
        before=told("autostart", "bare"),
    ),
    Cure(
        "metadata VM urn:virtcast:domain:1.0 --key virtcast --config --edit",
        EDITED,
        says("03:00-05:00", "metadata", "bare", "urn:virtcast:domain:1.0", "--config"),
        before=told(
            "metadata",
            "bare",
            "urn:virtcast:domain:1.0",
            "--key",
            "virtcast",
            "--live",
            "--config",
            "--set",
            "<virtcast><maintenance-window>02:00-04:00</maintenance-window></virtcast>",
        ),
    ),
    Cure(
        "metadata VM urn:virtcast:domain:1.0 --key virtcast --live --edit",
        EDITED,
        says("03:00-05:00", "metadata", "bare", "urn:virtcast:domain:1.0", "--live"),
    ),
    Cure(
        "edit VM",
        BARE_VM | {"EDITOR": "sed -i s/pc-i440fx-[0-9.]*/pc-i440fx-7.1/"},
        attribute("os/type", "machine", "pc-i440fx-7.1", "--inactive"),
    ),
    Cure(
        "dump VM /var/tmp/VM.core --memory-only --live",
        BARE_VM | {CORE: "FOLDER/live.core"},
        lambda ward: dumped("live.core")(ward) and state("bare", "running")(ward),
    ),
    Cure(
        "dump VM /var/tmp/VM.core --memory-only",
        BARE_VM | {CORE: "FOLDER/still.core"},
        lambda ward: dumped("still.core")(ward) and state("bare", "running")(ward),
    ),
    Cure(
        "snapshot-delete VM SNAPSHOT",
        BARE_VM | {"SNAPSHOT": "old"},
        silent("old", "snapshot-list", "bare"),
        before=told("snapshot-create-as", "bare", "old"),
    ),
    Cure(
        "blockcommit VM TARGET --active --pivot --wait",
        BARE_VM,
        is_at("bare.qcow2"),
        before=told("snapshot-create-as", "bare", "outside", "--disk-only"),
    ),
    Cure(
        "snapshot-delete VM SNAPSHOT --metadata",
        BARE_VM | {"SNAPSHOT": "outside"},
        silent("outside", "snapshot-list", "bare"),
    ),
    Cure("blockresize VM TARGET 100G", BARE_VM | {"100G": "8M"}, capacity(8 << 20)),
    Cure("blockresize VM TARGET SIZE", BARE_VM | {"SIZE": "12M"}, capacity(12 << 20)),
    Cure(
        "blockcopy VM TARGET /new/place.qcow2 --wait --pivot --transient-job",
        BARE_VM | {"/new/place.qcow2": "FOLDER/new.qcow2"},
        is_at("new.qcow2"),
    ),
    Cure(
        "blockcopy VM TARGET /new/place.qcow2 --wait --pivot --verbose --transient-job",
        BARE_VM | {"/new/place.qcow2": "FOLDER/newer.qcow2"},
        is_at("newer.qcow2"),
    ),
    Cure(
        "blockcopy VM TARGET /faster/place.qcow2 --wait --pivot --transient-job",
        BARE_VM | {"/faster/place.qcow2": "FOLDER/faster.qcow2"},
        is_at("faster.qcow2"),
    ),
    Cure(
        "backup-begin VM",
        BARE_VM,
        says("Backup", "domjobinfo", "bare", "--completed", "--keep-completed"),
        within=30,
    ),
    Cure(
        "checkpoint-delete VM CHECKPOINT",
        BARE_VM | {"CHECKPOINT": "first"},
        silent("first", "checkpoint-list", "bare"),
        before=told("checkpoint-create-as", "bare", "first"),
    ),
    Cure(
        "reset VM",
        BARE_VM,
        lambda ward: "reboot" in end(ward),
        before=lambda ward: listening(ward, "virsh event bare --event reboot --timeout 20"),
    ),
    # One that is off.
    Cure(
        "domrename VM NEW",
        OFF | {"NEW": "renamed"},
        state("renamed", "shut off"),
        before=off("off"),
        after=told("domrename", "renamed", "off"),
    ),
    Cure("start VM", OFF, state("off", "running"), after=told("destroy", "off")),
    *(
        Cure(
            f"schedinfo VM --set {name}={value} --live",
            NO_CGROUP | OFF,
            text_of(f"cputune/{element}", value, "--inactive", domain="off"),
        )
        for name, value, element in (
            ("vcpu_quota", "50000", "quota"),
            ("vcpu_quota", "-1", "quota"),
            ("cpu_shares", "2048", "shares"),
        )
    ),
    Cure("dumpxml VM --inactive", OFF, nothing),
    Cure(
        "undefine VM --managed-save --snapshots-metadata --checkpoints-metadata",
        OFF,
        silent("off", "list", "--all", "--name"),
    ),
    # Pools and networks.
    Cure("pool-start POOL", {}, says("running", "pool-info", "ward"), before=told("pool-destroy", "ward")),
    Cure(
        "pool-refresh POOL",
        {},
        says("late.img", "vol-list", "ward"),
        before=lambda ward: (ward.folder / "pool/late.img").write_bytes(bytes(1 << 20)),
    ),
    Cure("pool-info POOL", {}, nothing),
    Cure("vol-delete VOLUME --pool POOL", {"VOLUME": "late.img"}, silent("late.img", "vol-list", "ward")),
    Cure("net-start NETWORK", {}, says("yes", "net-info", "ward"), before=told("net-destroy", "ward")),
    Cure(
        "net-edit NETWORK",
        {"NETWORK": "leases", "EDITOR": "sed -i s/10.78.0.9/10.78.0.99/"},
        says("10.78.0.99", "net-dumpxml", "leases"),
        before=defined_network(
            "leases",
            "<network><name>leases</name><ip address='10.78.0.1' netmask='255.255.255.0'>"
            "<dhcp><range start='10.78.0.2' end='10.78.0.9'/></dhcp></ip></network>",
        ),
        after=told("net-undefine", "leases"),
    ),
    # To the other host: a machine each.
    Cure(
        f"migrate --live --persistent VM {DESTINATION}",
        {"VM": "moved"},
        elsewhere("moved", persistent=True),
        before=bare("moved"),
        after=gone("moved"),
    ),
    Cure(
        f"migrate --live --auto-converge VM {DESTINATION}",
        {"VM": "slowed"},
        elsewhere("slowed", persistent=False),
        before=bare("slowed"),
    ),
    Cure(
        f"-c {DESTINATION} destroy VM",
        {"VM": "slowed"},
        lambda ward: "slowed" not in ward.lab.hosts[1].virsh("list", "--all", "--name"),
        after=gone("slowed"),
    ),
    Cure(
        f"migrate --live --postcopy --postcopy-after-precopy VM {DESTINATION}",
        {"VM": "late"},
        elsewhere("late", persistent=False),
        before=bare("late"),
        after=gone("late"),
    ),
    # A guest that has booted.
    Cure(
        "guest-agent-timeout VM --timeout 5", WARD, says("ward", "domhostname", "ward", "--source", "agent")
    ),
    Cure(
        "domtime VM --sync",
        WARD,
        right_time,
        before=put_clock_ahead,
    ),
    Cure("domfstrim VM", WARD, nothing),
    Cure("setmem VM 4G --live", WARD | {"4G": "92M"}, balloon(92), within=30),
    Cure("setmem VM 8G --live", WARD | {"8G": "96M"}, balloon(96), within=30),
    Cure("setmem VM SIZE --live", WARD | {"SIZE": "90M"}, balloon(90), within=30),
    Cure(
        "setmem VM 4G --live --config",
        WARD | {"4G": "88M"},
        lambda ward: (
            balloon(88)(ward) and text_of("currentMemory", str(88 * 1024), "--inactive", domain="ward")(ward)
        ),
        within=30,
        after=told("setmem", "ward", "96M", "--live"),
    ),
    Cure(
        "detach-disk VM TARGET --live",
        WARD | {"TARGET": "vdz"},
        silent("vdz", "domblklist", "ward"),
        before=lambda ward: ward.virsh(
            "attach-disk", "ward", str(ward.folder / "spare.raw"), "vdz", "--live", "--targetbus", "virtio"
        ),
        within=20,
    ),
    Cure(
        "migrate-setspeed VM 1000",
        WARD,
        says("1000", "migrate-getspeed", "ward"),
        before=lambda ward: ward.virsh("migrate-setspeed", "ward", "1"),
    ),
    Cure(
        "migrate-setmaxdowntime VM 300",
        WARD,
        says("300", "migrate-getmaxdowntime", "ward"),
        before=slow_migration(),
    ),
    Cure("migrate-setmaxdowntime VM 1000", WARD, says("1000", "migrate-getmaxdowntime", "ward")),
    Cure("domjobabort VM", WARD, says("None", "domjobinfo", "ward"), within=30, after=end),
    Cure(
        "migrate-postcopy VM",
        WARD,
        runs_there,
        within=30,
        before=slow_migration("--postcopy", "--postcopy-bandwidth", "1"),
        after=lambda ward: (ward.virsh("domjobabort", "ward", "--postcopy"), end(ward)),
    ),
    Cure(
        f"migrate --live --postcopy --postcopy-resume VM {DESTINATION}",
        WARD,
        elsewhere("ward", persistent=True),
        before=told("migrate-setspeed", "ward", "64", "--postcopy"),
        within=30,
        after=come_back,
    ),
    Cure("shutdown VM", WARD, state("ward", "shut off"), within=30),
)
CURES = {f"virsh {row.command}" for row in ROWS}


@dataclass(frozen=True)
class Look:
    """A command, what a reader puts in, and what it shows: a regular expression."""

    command: str
    shows: str
    words: Mapping[str, str] = field(default_factory=lambda: BARE_VM)
    before: Callable[[Ward], object] = nothing
    after: Callable[[Ward], object] = nothing
    program: str = "virsh"
    typed: str = ""  # on the terminal that it needs

    @property
    def line(self) -> str:
        return f"{self.program} {self.command}"


# Without control groups, a machine that is off tells what it will have in them: OFF.
NIC = BARE_VM | {"TARGET": "bare0"}
WATCHED = "urn:virtcast:domain:1.0"
IN_WINDOW = "<virtcast><maintenance-window>02:00-04:00</maintenance-window></virtcast>"
LOOKS = (
    # The host.
    Look("-r list", r"bare +running", program="timeout 10 virsh"),
    Look("list", r"bare +running"),
    Look("list --all", r"off +shut off", before=off("off")),
    Look("list --all | wc -l", r"^\d+$"),
    Look("list --state-paused", r"bare +paused", before=told("suspend", "bare")),
    Look("uri", r"^qemu"),
    Look("version", r"Running hypervisor: QEMU"),
    Look("nodeinfo", r"CPU\(s\): +\d"),
    Look("nodememstats", r"free *: +\d+ KiB"),
    Look("nodecpustats --percent", r"usage: +\d"),
    Look("nodedev-list --cap net", r"net_"),
    Look("domcapabilities --machine MACHINE", r"<machine>pc"),
    Look("server-threadpool-info libvirtd", r"freeWorkers *: \d", program="virt-admin"),
    Look("pool-list --all; virsh net-list --all", r"ward +active[^$]*ward +active"),
    Look("pool-list --all", r"ward +active"),
    Look("pool-info POOL", r"Available: +\d"),
    Look("pool-dumpxml POOL", r"<path>.*ward/pool"),
    Look(
        "vol-list POOL --details",
        r"seen.img +\S+ +file",
        before=told("vol-create-as", "ward", "seen.img", "1M"),
    ),
    Look("vol-info VOLUME --pool POOL", r"Capacity: +1.00 MiB", {"VOLUME": "seen.img"}),
    Look("net-list --all", r"ward +active"),
    Look("net-info NETWORK", r"Bridge: +lab0"),
    Look("net-dumpxml NETWORK", r"<name>ward"),
    Look("net-dhcp-leases NETWORK", r"Expiry Time"),
    # A machine that waits.
    Look("domstate VM", r"paused"),
    Look("domstate VM --reason", r"paused \(user\)"),
    Look("dominfo VM", r"State: +running", before=told("resume", "bare")),
    Look("domstats VM", r"cpu.time=\d"),
    Look("domstats VM --cpu-total --vcpu", r"vcpu.0.time=\d"),
    Look("domstats --nowait", r"'bare'"),
    Look("domstats --balloon --list-active", r"balloon.rss=\d"),
    Look("domstats --block --list-active", r"block.0.allocation=\d"),
    Look("domcontrol VM", r"ok"),
    Look("domjobinfo VM", r"None"),
    Look("console VM", r"Connected to domain", typed="\\035"),  # Ctrl-] leaves it
    Look("desc VM", r"the billing", before=told("desc", "bare", "--live", "the billing")),
    Look("vcpucount VM", r"maximum +live +4"),
    Look("vcpuinfo VM", r"State: +running"),
    Look("emulatorpin VM", r"CPU Affinity"),
    Look("iothreadinfo VM", r"No IOThreads found"),
    Look("schedinfo VM", r"cpu_shares", OFF),
    Look("memtune VM", r"hard_limit", OFF, after=gone("off")),
    Look("dumpxml VM --xpath //os/type", r"machine=.pc"),
    Look("dumpxml VM --xpath //watchdog", r"i6300esb"),
    Look(
        f"metadata VM {WATCHED}",
        r"02:00-04:00",
        before=told("metadata", "bare", WATCHED, "--key", "virtcast", "--live", "--set", IN_WINDOW),
    ),
    Look("domblklist VM", r"vda +/"),
    Look("domblklist VM --details", r"file +disk +vda"),
    Look("domblkinfo VM --all --human", r"vda +4.000 MiB"),
    Look("domblkinfo VM TARGET", r"Capacity: +4194304"),
    Look("domblkinfo VM TARGET --human", r"Capacity: +4.000 MiB"),
    Look("domblkstat VM TARGET --human", r"number of read operations: +\d"),
    Look("domblkerror VM", r"No errors found"),
    Look("blkdeviotune VM TARGET", r"total_iops_sec *: \d"),
    Look("domiflist VM", r"bare0 +bridge +lab0", NIC),
    Look("domifstat VM TARGET", r"bare0 rx_packets \d", NIC),
    Look("domif-getlink VM TARGET", r"bare0 (up|default)", NIC),
    Look(
        "snapshot-list VM --tree",
        r"seen",
        before=told("snapshot-create-as", "bare", "seen"),
        after=told("snapshot-delete", "bare", "seen"),
    ),
    Look("checkpoint-list VM", r"seen +20", before=told("checkpoint-create-as", "bare", "seen")),
    Look("checkpoint-list VM --tree", r"seen", after=told("checkpoint-delete", "bare", "seen")),
    Look("domjobinfo VM --completed --keep-completed", r"Backup", before=backed_up),
    Look("domjobinfo VM --completed", r"Completed"),
    Look("migrate-getspeed VM", r"^\d+"),
    Look("migrate-getmaxdowntime VM", r"^300"),
    # A guest that has booted.
    Look("dommemstat VM", r"usable \d", WARD),
    Look("domfsinfo VM", r"vda", WARD),
    Look("guestinfo VM --filesystem", r"fs.0.total-bytes *: \d", WARD),
    Look("domtime VM --pretty", r"Time: +20\d\d", WARD),
    Look('qemu-agent-command VM \'{"execute": "guest-ping"}\'', r"return", WARD),
)


@pytest.fixture(scope="module")
def ward(lab: Lab) -> Iterator[Ward]:
    if lab.hosts[0].network_problem:
        pytest.skip(f"the lab has no bridge: {lab.hosts[0].network_problem}")
    folder = lab.root / "ward"
    (folder / "pool").mkdir(parents=True)
    (folder / "spare.raw").write_bytes(bytes(1 << 20))
    host = lab.hosts[0]
    made = Ward(lab, folder, host.start(Guest("ward", disks=(Disk(),))))
    bare("bare")(made)
    defined_network("ward", NETWORK.format(name="ward", bridge="lab0"))(made)
    host.virsh("net-start", "ward")
    host.virsh("pool-define-as", "ward", "dir", "--target", str(folder / "pool"))
    host.virsh("pool-start", "ward")
    yield made
    for left in made.begun:
        left.kill()
        left.communicate()
    for name in ("ward", "bare", "off"):
        gone(name)(made)
    for kind in ("net", "pool"):
        if "ward" in host.virsh(f"{kind}-list", "--name"):
            host.virsh(f"{kind}-destroy", "ward")
        host.virsh(f"{kind}-undefine", "ward")


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.line)
def test_a_diagnosis_shows(ward: Ward, look: Look) -> None:
    look.before(ward)
    assert re.search(look.shows, ward.run(look.line, look.words, look.typed), re.MULTILINE)
    look.after(ward)


@pytest.mark.parametrize("cure", ROWS, ids=lambda row: row.command)
def test_a_cure_cures(ward: Ward, cure: Cure) -> None:
    cure.before(ward)
    ward.run(f"virsh {cure.command}", cure.words)
    limit = time.monotonic() + cure.within
    while not (held := cure.holds(ward)) and held is not None and time.monotonic() < limit:
        time.sleep(0.3)
    assert held is None or held
    cure.after(ward)


@pytest.mark.parametrize(
    ("title", "tried"), [("Diagnosis", {look.line for look in LOOKS}), ("What to do", CURES)]
)
def test_each_command_is_tried(title: str, tried: set[str]) -> None:
    missing = {line for line in lines(title) if line.startswith("virsh ") or title == "Diagnosis"} - tried
    assert (missing, tried - lines(title)) == (set(), set())
