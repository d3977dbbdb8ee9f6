"""What happens in guests."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from lab import CpuLoad
from situations.scene import Situation, of_host, of_vm

if TYPE_CHECKING:
    from situations.scene import Scene


def set_clock(scene: Scene, name: str, ahead: float = 0) -> None:
    scene.guests[name].shell(f"date -s @{time.time() + ahead:.0f}")


ROWS = (
    Situation(
        "a guest's clock is set an hour ahead",
        lambda scene: set_clock(scene, "watched", 3600),
        (of_vm("VmClockWrong", "watched"),),
        lambda scene: set_clock(scene, "watched"),
    ),
    Situation(
        "a VM uses all the CPU time that it has",
        lambda scene: scene.guests["saturated"].run(CpuLoad(100)),
        (of_vm("VmCpuSaturated", "saturated"),),
        lambda scene: scene.guests["saturated"].stop(CpuLoad),
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
