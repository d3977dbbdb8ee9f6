"""What happens to VMs as their host sees them."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

from alert_stack import OWNER, labels
from situations.cast import MAC
from situations.scene import Situation, of_host, of_vm, until

if TYPE_CHECKING:
    from situations.scene import Scene


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
    scene.virsh(*METADATA, "--remove")


def migrate_in_vain(scene: Scene) -> None:
    migration = scene.lab.begin_migration(scene.guests["saturated"], scene.lab.hosts[1], bandwidth_mib=2)
    until(lambda: "Memory" in scene.virsh("domjobinfo", "saturated"), "memory is transferred")
    migration.cancel()


def unplug(scene: Scene, state: str) -> None:
    """The state of a link has no event; a title has one."""
    mac = scene.virsh("domiflist", "linked").split()[-1]
    scene.virsh("domif-setlink", "linked", mac, state)
    scene.virsh("desc", "linked", "--live", "--title", f"its link is {state}")


ROWS = (
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
