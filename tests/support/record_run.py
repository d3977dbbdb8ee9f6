"""Run the demo with situations that it does not show itself, and record what the dashboards read of it.

PYTHONPATH=deploy:tests/support:. python tests/support/record_run.py --output tests/grafana/recorded/lab.om.gz

About twelve minutes, as root, nothing beside it. More situations: a storage pool with volumes that no VM
uses; a virtual network with a lease; a backup, a checkpoint, snapshots; a disk without space on the host; an
interface that loses packets; a migration that slows its guest down. `--data DIR` keeps Prometheus' data.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from demo.guests import FILLING, MOVING
from demo.show import set_up
from demo.story import ACTS, Act, Story
from lab import Disk, Guest
from record_lab import record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from demo.show import Demo
    from demo.story import Stage
    from lab import Host

SECONDS = 640  # after ready
MINUTES = 10  # of them are recorded
QUIET, LOUD = "idle-1", "web-1"  # loses packets; sends them
FAULTY = (  # the first write fails for lack of space on the host
    "driver=raw,file.driver=blkdebug,file.image.driver=file,file.image.filename={image},"
    "file.inject-error.0.event=none,file.inject-error.0.iotype=write,file.inject-error.0.errno=28,"
    "file.inject-error.0.once=on"
)


def _host(stage: Stage) -> Host:
    return stage.lab.hosts[0]


def _folder(stage: Stage, name: str) -> Path:
    folder = stage.lab.root / name
    folder.mkdir(exist_ok=True)
    return folder


def store(stage: Stage) -> None:
    """A pool with two volumes that no VM uses."""
    virsh = _host(stage).virsh
    virsh("pool-define-as", "images", "dir", "--target", str(_folder(stage, "pool")))
    virsh("pool-start", "images")
    for name in ("old-web.qcow2", "old-db.raw"):
        virsh("vol-create-as", "images", name, "64M", "--format", name.rpartition(".")[2])


def network(stage: Stage) -> None:
    """A network with a lease; no DHCP server runs here: its status file, which libvirt reads, is written."""
    host = _host(stage)
    status = host.folder / "lib/dnsmasq/lab0.status"
    status.parent.mkdir(exist_ok=True)
    lease = {"ip-address": "10.77.0.9", "mac-address": "52:54:00:77:00:09", "hostname": "web-1"}
    status.write_text(json.dumps([lease | {"expiry-time": int(time.time()) + 3600}]))
    definition = _folder(stage, "definitions") / "network.xml"
    definition.write_text(
        "<network><name>guests</name><forward mode='bridge'/><bridge name='lab0'/></network>"
    )
    host.virsh("net-define", str(definition))
    host.virsh("net-start", "guests")


def protect(stage: Stage) -> None:
    """Guests that never boot: one with snapshots; one with a checkpoint and a backup."""
    host = _host(stage)
    for name in ("snapshots", "backups"):
        host.start(Guest(name, memory_mib=64, paused=True, disks=(Disk(),), network=False))
    for snapshot in ("before-upgrade", "after-upgrade"):
        host.virsh("snapshot-create-as", "snapshots", snapshot, "--disk-only")
    host.virsh("backup-begin", "backups")
    time.sleep(10)
    host.virsh("checkpoint-create-as", "backups", "monday")


def lose_packets(stage: Stage) -> None:
    """A guest that stands still while another one sends to it: the queue of its interface holds 1,000."""
    quiet, loud = stage.guests[QUIET], stage.guests[LOUD]
    high, low = quiet.host.virsh("domiflist", quiet.name).split()[-1].split(":")[-2:]
    address = f"10.77.{int(high, 16)}.{int(low, 16)}"  # see the guest's init
    loud.output(f"ping -c 1 {address}")
    quiet.host.virsh("suspend", quiet.name)
    loud.shell(f"for each in $(seq 100); do ping -q -c 30 {address} & done; wait")
    time.sleep(45)
    quiet.host.virsh("resume", quiet.name)


def fail_to_write(stage: Stage) -> None:
    """A disk without space on the host; the guest waits until it is resumed."""
    guest, folder = stage.guests[FILLING], _folder(stage, "faulty")
    image, socket, definition = folder / "disk.raw", folder / "nbd", folder / "disk.xml"
    image.write_bytes(bytes(4 << 20))
    definition.write_text(
        "<disk type='network' device='disk'><driver name='qemu' type='raw'/>"
        f"<source protocol='nbd' name='faulty'><host transport='unix' socket='{socket}'/></source>"
        "<target dev='vdb' bus='virtio'/></disk>"
    )
    nbd = ("qemu-nbd", "--persistent", "--export-name", "faulty", "--socket", str(socket))
    with subprocess.Popen([*nbd, "--image-opts", FAULTY.format(image=image)]) as server:
        time.sleep(2)
        guest.host.virsh("attach-device", guest.name, str(definition), "--live")
        time.sleep(10)
        guest.shell("dd if=/dev/zero of=/dev/vdb bs=4096 count=1 oflag=direct")
        time.sleep(10)
        guest.host.virsh("resume", guest.name)
        time.sleep(30)
        guest.host.virsh("detach-disk", guest.name, "vdb", "--live")
        server.terminate()


def move_slowly(stage: Stage) -> None:
    """A migration that slows its guest down, does not converge all the same, and is cancelled."""
    guest = stage.guests[MOVING]
    other = next(host for host in stage.lab.hosts if host is not guest.host)
    flags = ("--auto-converge", "--auto-converge-initial", "30")
    migration = stage.lab.begin_migration(guest, to=other, bandwidth_mib=3, flags=flags)
    time.sleep(100)
    if migration.running():
        migration.cancel()


SITUATIONS = (
    Act(15, "a storage pool", store),
    Act(20, "a virtual network", network),
    Act(60, "a backup, a checkpoint, snapshots", protect),
    Act(100, f"{QUIET} loses packets", lose_packets),
    Act(260, f"{MOVING} moves back, slowly", move_slowly),
    Act(390, f"{FILLING}: another disk has no space", fail_to_write),
)


def with_volumes(demo: Demo) -> None:
    """Restart the exporters with the collectors of volumes and orphans, which are off by default."""
    for name, service in list(demo.processes.services.items()):
        if name.startswith("exporter"):
            demo.processes.kill(name)
            demo.processes.start(
                replace(service, argv=(*service.argv, "--collector.volume", "--collector.orphan"))
            )
    demo.processes.wait_up()


def played(demo: Demo) -> Iterator[str]:
    """Until the time is over; what became of each act."""
    acts = tuple(sorted((*ACTS, *SITUATIONS), key=lambda act: act.at))
    story, began = Story(demo.stage, acts), time.time()
    while (seconds := time.time() - began) < SECONDS:
        story.advance(seconds)
        time.sleep(1)
    yield from story.lines(lambda at: f"{at:.0f} s")


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--data", type=Path, help="a folder that is made, for Prometheus' data")
    given = parser.parse_args()
    with ExitStack() as cleanup:
        demo = set_up(cleanup, say, None)
        with_volumes(demo)
        say("\n".join(played(demo)))
        url = demo.processes.services["prometheus"].url
        given.output.write_bytes(record(url, int(time.time()), MINUTES))
        demo.processes.stop()
        if given.data:
            shutil.copytree(demo.processes.run / "prometheus", given.data)


if __name__ == "__main__":
    main()
