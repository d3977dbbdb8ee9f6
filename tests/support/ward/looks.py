"""The table of looks: every virsh command under "Diagnosis" of a runbook, and what it shows. Rows are in an
order in which each leaves its guest fit for the next.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ward.acts import backed_up, gone, off, told
from ward.host import BARE_VM, OFF, WARD, nothing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ward.host import Ward

# Without control groups, a machine that is off tells what it will have in them: OFF.
NIC = BARE_VM | {"TARGET": "bare0"}
WATCHED = "urn:virtcast:domain:1.0"
IN_WINDOW = "<virtcast><maintenance-window>02:00-04:00</maintenance-window></virtcast>"


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


LOOKS = (
    # The host.
    Look("-r list", r"bare +running", program="timeout 10 virsh"),
    Look("list", r"bare +running"),
    Look("list --all", r"off +shut off", before=off("off")),
    Look("list --all | wc -l", r"^[1-9]\d*$"),
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
