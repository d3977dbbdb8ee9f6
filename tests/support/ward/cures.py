"""The table of cures: every virsh command under "What to do" of a runbook. Rows are in an order in which each
leaves its guest fit for the next.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ward.acts import (
    bare,
    come_back,
    defined_network,
    end,
    gone,
    interrupt,
    listening,
    off,
    put_clock_ahead,
    slow_migration,
    told,
)
from ward.holds import (
    attribute,
    balloon,
    capacity,
    dumped,
    elsewhere,
    is_at,
    right_time,
    runs_there,
    says,
    silent,
    state,
    text_of,
)
from ward.host import BARE_VM, DESTINATION, OFF, WARD, nothing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ward.host import Ward

CORE = "/var/tmp/VM.core"  # noqa: S108 (a runbook's example)
NO_CGROUP = BARE_VM | {"--live": "--config"}  # the lab's hosts have no cgroups: what is kept is asked for
EDITED = BARE_VM | {"EDITOR": "sed -i s/02:00-04:00/03:00-05:00/"}


@dataclass(frozen=True)
class Cure:
    """A command, what a reader puts in, what is done before and after, and what holds in between."""

    command: str
    words: Mapping[str, str]
    holds: Callable[[Ward], object]  # False where it does not
    before: Callable[[Ward], object] = nothing
    after: Callable[[Ward], object] = nothing
    within: float = field(default=0.0)  # seconds, of what a guest does by itself


CURES = (
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
        after=interrupt,
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
