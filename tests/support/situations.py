"""What goes wrong in a fleet, done for real: a row says what is done, which alerts it makes, how it ends."""

from __future__ import annotations

import json
import os
import signal
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from alert_stack import OWNER, labels
from faulty_proxy import Fault
from lab import CpuLoad, Disk, Guest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from alert_stack import Stack
    from lab import Host, Lab, RunningGuest

    Act = Callable[["Scene"], object]

# The values file of this fleet's operator: the shipped rules, with times of a few seconds.
FAST = "4s"
MAC = "52:54:00:77:ff:01"
SNAPSHOTS = ("one", "two")
VALUES = {
    "scraping": {"scrape_interval": "2s", "scrape_timeout": "2s", "evaluation_interval": "2s"},
    "recording": {"rate_window": "10s"},
    "notifications": {
        "group_wait": "1s", "group_interval": "5s", "critical_wait": "1s", "critical_interval": "5s",
        "watchdog_interval": "1s", "watchdog_repeat": "3s",
    },
    "state": {
        "event_window": "20s", "reboot_window": "30s", "io_paused_for": FAST, "paused_for": FAST,
        "autostart_for": FAST, "agent_for": "15s", "clock_for": "8s",
    },
    "disk": {"error_window": "20s"},
    "interface": {"link_for": FAST, "duplicate_for": FAST},
    "filesystem": {"actual_for": FAST, "actual_keep_firing_for": FAST},
    "cpu_saturation": {"limit": 0.2, "actual_for": "14s", "actual_keep_firing_for": FAST},
    "pool": {"actual_for": FAST, "actual_keep_firing_for": FAST},
    "pools_and_networks": {"inactive_for": FAST, "addresses": 2, "leased_for": FAST},
    "memory_pressure": {"balloon_share": 0.9, "balloon_use": 0.2, "balloon_for": FAST},
    "protection": {
        "checkpoint_max_age_seconds": 30, "snapshot_max_age_seconds": 30, "snapshots": 2, "history_for": FAST,
    },
    "libvirt": {"migration_window": "20s", "down_for": FAST},
    "exporter": {"collector_for": FAST, "window": "20s", "stuck": 1, "stuck_for": FAST},
    "forecaster": {"max_age_steps": 30, "stale_for": FAST},
    "forecasts": {"failing_for": FAST},
    "delivery": {"window": "20s", "rules_for": FAST},
}  # fmt: skip
WATCHDOG = "<watchdog model='i6300esb' action='none'/>"
BOOTED = (
    Guest("panicked", devices="<panic model='isa'/>"),
    Guest("watched", devices=WATCHDOG, disks=(Disk(size_mib=8),)),
    Guest("writing"),
    Guest("busy", agent=False),
    Guest("hung"),
)


@dataclass(frozen=True)
class Scene:
    """The lab, its guests by name, and the programs that watch them."""

    lab: Lab
    stack: Stack
    guests: Mapping[str, RunningGuest]
    folder: Path  # the host's and this machine's

    @property
    def host(self) -> Host:
        return self.lab.hosts[0]

    def virsh(self, *command: str) -> str:
        return self.host.virsh(*command)


def nothing(_scene: Scene) -> None:
    """It comes, or is over, by itself."""


@dataclass(frozen=True)
class Situation:
    """What is done, and what ends it. `fires` are alerts with all labels; nobody is told of those `held`.

    RUN in a label is the folder of the programs.
    """

    about: str
    begins: Act
    fires: tuple[Mapping[str, str], ...]
    ends: Act = nothing
    held: tuple[Mapping[str, str], ...] = field(default=())


def of_vm(name: str, domain: str, **more: str) -> dict[str, str]:
    return labels(name, instance="host-a", domain=domain, **more)


def of_host(name: str, **more: str) -> dict[str, str]:
    return labels(name, instance="host-a", **more)


def until(holds: Callable[[], object], what: str, seconds: float = 60) -> None:
    limit = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < limit, f"not within {seconds:g} s: {what}"
        time.sleep(0.3)


def crash(scene: Scene, name: str) -> None:
    os.kill(scene.guests[name].pid, signal.SIGKILL)


def reset(scene: Scene) -> None:
    for _ in range(4):  # of the first, the exporter has no count before it
        scene.virsh("reset", "looping")
        time.sleep(2.5)  # the exporter takes resets within 2 s for one


# Starts the watchdog of the ICH6300ESB and never feeds it: two timers of some milliseconds, then bit 1 of the
# lock register. The guest's kernel has no driver for it.
BITE = r"""
for dev in /sys/bus/pci/devices/*; do [ "$(cat $dev/device)" = 0x25ab ] && break; done
echo 1 >$dev/enable
read bar _ <$dev/resource
for timer in 0 4; do
    devmem $((bar + 12)) 16 0x80; devmem $((bar + 12)) 16 0x86; devmem $((bar + timer)) 32 16
done
sleep 0.5
printf '\002' | dd of=$dev/config bs=1 seek=104 conv=notrunc
"""


def set_clock(scene: Scene, name: str, ahead: float = 0) -> None:
    scene.guests[name].shell(f"date -s @{time.time() + ahead:.0f}")


def fill_pool(scene: Scene) -> None:
    """The guest writes more to a thin image than its file system holds beside the ballast."""
    scene.guests["writing"].shell("dd if=/dev/zero of=/dev/vda bs=1M count=20 oflag=direct")
    until(lambda: scene.guests["writing"].state() == "paused", "QEMU pauses it")
    scene.virsh("pool-refresh", "small")  # libvirt measures a pool only then


def make_room(scene: Scene) -> None:
    """The guest goes on, and its clock is set: it stood still."""
    scene.virsh("vol-delete", "ballast", "small")
    scene.virsh("resume", "writing")
    set_clock(scene, "writing")
    scene.virsh("pool-refresh", "small")


MUTED = "<virtcast><maintenance-window>00:00-24:00</maintenance-window></virtcast>"
METADATA = ("metadata", "muted", "urn:virtcast:domain:1.0", "--config")


def mute(scene: Scene) -> None:
    """A maintenance window, then the crash that it is for."""
    scene.virsh(*METADATA, "--live", "--key", "virtcast", "--set", MUTED)
    wanted = of_vm("VmMaintenance", "muted")
    until(lambda: any(each.labels == wanted for each in scene.stack.told()), "the window is known")
    crash(scene, "muted")


def unmute(scene: Scene) -> None:
    """When the alert is over, so is the window."""
    until(lambda: not scene.stack.fired(of_vm("VmCrashed", "muted"), "5s"), "the crash is long ago")
    scene.virsh(*METADATA, "--key", "virtcast", "--remove")


def migrate_in_vain(scene: Scene) -> None:
    migration = scene.lab.begin_migration(scene.guests["busy"], scene.lab.hosts[1], bandwidth_mib=2)
    until(lambda: "Memory" in scene.virsh("domjobinfo", "busy"), "memory is transferred")
    migration.cancel()


LEASES = [
    {"ip-address": f"10.77.0.{n}", "mac-address": f"52:54:00:77:00:{n:02x}", "expiry-time": 4102444800}
    for n in (8, 9)
]


def lease(scene: Scene, count: int) -> None:
    """No DHCP server runs here: its status file, which libvirt reads, is written."""
    status = scene.host.folder / "lib/dnsmasq/lab0.status"
    status.parent.mkdir(exist_ok=True)
    status.write_text(json.dumps(LEASES[:count]))


def back_up(scene: Scene, folder: str) -> None:
    """A full backup into a folder; one has no room for it."""
    target = scene.folder / folder / "copy.qcow2"
    file = scene.folder / "backup.xml"
    file.write_text(
        "<domainbackup><disks><disk name='vda' type='file'>"
        f"<target file='{target}'/><driver type='qcow2'/></disk></disks></domainbackup>"
    )
    scene.virsh("backup-begin", "kept", str(file))


def unplug(scene: Scene, state: str) -> None:
    """The state of a link has no event; a title has one."""
    mac = scene.virsh("domiflist", "linked").split()[-1]
    scene.virsh("domif-setlink", "linked", mac, state)
    scene.virsh("desc", "linked", "--live", "--title", f"its link is {state}")


def break_rules(scene: Scene) -> None:
    """A rule of somebody's own that no Prometheus can evaluate: `up` has several series on both sides."""
    (scene.stack.run / "own.rules.yml").write_text(
        "groups: [{name: virtcast-own, rules: [{record: own, expr: up * on () up}]}]"
    )
    scene.stack.signal("prometheus", signal.SIGHUP)


def mend_rules(scene: Scene) -> None:
    (scene.stack.run / "own.rules.yml").unlink()
    scene.stack.signal("prometheus", signal.SIGHUP)


def configure(scene: Scene, program: str, file: str, text: str) -> None:
    path = scene.stack.run / file
    path.write_text(text)
    scene.stack.signal(program, signal.SIGHUP)


def add_alertmanager(scene: Scene, **more: str) -> None:
    scene.stack.targets("alertmanager", alertmanager=scene.stack.url["alertmanager"], **more)


OF_VMS = (
    Situation(
        "a QEMU process is killed; the VM should start with the host",
        lambda scene: crash(scene, "crashed"),
        (
            of_vm("VmCrashed", "crashed", owner=OWNER),
            of_vm("VmAutostartOff", "crashed", owner=OWNER),
        ),
        lambda scene: scene.virsh("start", "crashed"),
    ),
    Situation(
        "another is killed in its maintenance window",
        mute,
        (of_vm("VmMaintenance", "muted"),),
        unmute,
        held=(of_vm("VmCrashed", "muted"),),
    ),
    Situation(
        "a guest's kernel panics",
        lambda scene: scene.guests["panicked"].shell("echo c >/proc/sysrq-trigger"),
        (of_vm("VmPanicked", "panicked"),),
    ),
    Situation(
        "a watchdog is not fed",
        lambda scene: scene.guests["watched"].shell(BITE),
        (of_vm("VmWatchdogFired", "watched"),),
    ),
    Situation("a VM is reset again and again", reset, (of_vm("VmRebootLoop", "looping"),)),
    Situation(
        "a VM is suspended",
        lambda scene: scene.virsh("suspend", "paused"),
        (of_vm("VmPaused", "paused"),),
        lambda scene: scene.virsh("resume", "paused"),
    ),
    Situation(
        "a QEMU process hangs",
        lambda scene: scene.guests["stuck"].freeze(),
        (of_vm("VmStuck", "stuck"), of_host("LibvirtConnectionsStuck")),
        lambda scene: scene.guests["stuck"].thaw(),
    ),
    Situation(
        "a migration is cancelled",
        migrate_in_vain,
        (of_host("VmMigrationFailed"),),
    ),
    Situation(
        "a machine type is deprecated, and a MAC address is used twice",
        lambda scene: (scene.virsh("define", str(scene.folder / "old.xml")), scene.virsh("start", "old")),
        (
            of_vm("VmMachineTypeDeprecated", "old"),
            *(of_vm("VmDuplicateMac", name, mac_address=MAC) for name in ("old", "linked")),
            labels("NetworkDuplicateMac", mac_address=MAC),
        ),
        lambda scene: (scene.virsh("destroy", "old"), scene.virsh("undefine", "old")),
    ),
    Situation(
        "a link is set down",
        lambda scene: unplug(scene, "down"),
        (of_vm("VmLinkDown", "linked", target_device="link0"),),
        lambda scene: unplug(scene, "up"),
    ),
)
OF_GUESTS = (
    Situation(
        "a guest's clock is set an hour ahead",
        lambda scene: set_clock(scene, "watched", 3600),
        (of_vm("VmClockWrong", "watched"),),
        lambda scene: set_clock(scene, "watched"),
    ),
    Situation(
        "a VM uses all the CPU time that it has",
        lambda scene: scene.guests["busy"].run(CpuLoad(100)),
        (of_vm("VmCpuSaturated", "busy"),),
        lambda scene: scene.guests["busy"].stop(CpuLoad),
    ),
    Situation(
        "a guest's file system is full",
        lambda scene: scene.guests["watched"].shell("dd if=/dev/zero of=/data/big bs=64k; sync"),
        (of_vm("VmFilesystemFull", "watched", mountpoint="/data"),),
        lambda scene: scene.guests["watched"].shell("rm /data/big; sync"),
    ),
    Situation(
        "a balloon takes memory of a guest",
        lambda scene: scene.virsh("setmem", "hung", "80M", "--live"),
        (of_vm("VmBalloonStarved", "hung"),),
        lambda scene: scene.virsh("setmem", "hung", "96M", "--live"),
    ),
    Situation(
        "a guest's agent hangs for half a minute",
        lambda scene: scene.guests["hung"].shell(
            "sleep 0.5; killall -STOP qemu-ga; sleep 50; killall -CONT qemu-ga"
        ),
        (of_vm("VmGuestAgentSilent", "hung"), of_host("LibvirtGuestAgentsHung")),
    ),
)
OF_STORAGE = (
    Situation(
        "a thin image fills its storage pool",
        fill_pool,
        (
            of_vm("VmDiskNoSpace", "writing", target_device="vda"),
            of_vm("VmPausedOnIoError", "writing"),
            of_host("PoolFull", pool="small"),
        ),
        make_room,
    ),
    Situation(
        "a backup has no room",
        lambda scene: back_up(scene, "tiny"),
        (of_vm("VmBackupFailed", "kept"),),
        lambda scene: back_up(scene, "roomy"),
    ),
    Situation(
        "no checkpoint follows the first",
        nothing,
        (of_vm("VmCheckpointOld", "kept"),),
        lambda scene: scene.virsh("checkpoint-delete", "kept", "first"),
    ),
    Situation(
        "snapshots are forgotten",
        nothing,
        (of_vm("VmSnapshotOld", "snapped"), of_vm("VmSnapshotsMany", "snapped")),
        lambda scene: [scene.virsh("snapshot-delete", "snapped", name, "--metadata") for name in SNAPSHOTS],
    ),
    Situation(
        "a storage pool is stopped",
        lambda scene: scene.virsh("pool-destroy", "stopped"),
        (of_host("PoolInactive", pool="stopped"),),
        lambda scene: scene.virsh("pool-start", "stopped"),
    ),
    Situation(
        "a network is stopped",
        lambda scene: scene.virsh("net-destroy", "stopped"),
        (of_host("NetworkInactive", network="stopped"),),
        lambda scene: scene.virsh("net-start", "stopped"),
    ),
    Situation(
        "all addresses of a network are leased",
        lambda scene: lease(scene, 2),
        (of_host("NetworkLeasesUsedUp", network="leased"),),
        lambda scene: lease(scene, 1),
    ),
)
OF_PROGRAMS = (
    Situation(
        "an exporter hangs",
        lambda scene: scene.stack.signal("host-b", signal.SIGSTOP),
        (labels("LibvirtDown", instance="host-b"),),
        lambda scene: scene.stack.signal("host-b", signal.SIGCONT),
    ),
    Situation(
        "an exporter cannot read its new configuration",
        lambda scene: configure(scene, "host-a", "exporter.yml", "targets: ["),
        (of_host("LibvirtReloadFailed"),),
        lambda scene: configure(scene, "host-a", "exporter.yml", ""),
    ),
    Situation(
        "a forecaster is killed",
        lambda scene: scene.stack.processes.kill("forecaster"),
        (labels("VirtcastForecasterStale", instance="forecaster"),),
        lambda scene: scene.stack.restart("forecaster"),
    ),
    Situation(
        "another has no backend",
        lambda scene: setattr(scene.stack.proxy, "fault", Fault.UNAVAILABLE),
        (labels("VirtcastBackendDown", instance="second"),),
        lambda scene: setattr(scene.stack.proxy, "fault", Fault.NONE),
    ),
    Situation(
        "rules cannot be evaluated",
        break_rules,
        (
            labels(
                "PrometheusRulesFailing", instance="prometheus", rule_group="RUN/own.rules.yml;virtcast-own"
            ),
        ),
        mend_rules,
    ),
    Situation(
        "one of two Alertmanagers is gone",
        lambda scene: add_alertmanager(scene, gone="http://127.0.0.1:1"),
        (labels("PrometheusNotificationsFailing", instance="prometheus"),),
        add_alertmanager,
    ),
    Situation(
        "an owner's webhook refuses notifications",
        lambda scene: scene.stack.sink.refused.add(f"/{OWNER}"),
        (labels("AlertmanagerNotificationsFailing", instance="alertmanager", integration="webhook"),),
        lambda scene: scene.stack.sink.refused.clear(),
    ),
)
SITUATIONS = (*OF_VMS, *OF_GUESTS, *OF_STORAGE, *OF_PROGRAMS)
