"""What happens to storage, to what protects it, and to networks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from lab import DiskFill
from situations.cast import SNAPSHOTS, WRITTEN_MIB
from situations.scene import Situation, nothing, of_host, of_vm, until

if TYPE_CHECKING:
    from situations.scene import Scene


def fill_pool(scene: Scene) -> None:
    """The guest writes more to a thin image than its file system holds beside the ballast. libvirt, which
    measures a pool when it is refreshed, does not know.
    """
    scene.guests["writing"].run(DiskFill(8192, disk="thin", bound_kib=WRITTEN_MIB * 1024))
    until(lambda: scene.guests["writing"].state() == "paused", "QEMU pauses it")


def make_room(scene: Scene) -> None:
    scene.virsh("vol-delete", "ballast", "small")
    scene.virsh("resume", "writing")


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


ROWS = (
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
