"""The guests, storage pools and networks to which situations happen; at first all are well."""

from __future__ import annotations

import re
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

from alert_stack import OWNER
from host_mounts import entering
from lab import Guest, RunningGuest
from situations.cast import BALLAST_MIB, BOOTED, MAC, SMALL_MIB, SNAPSHOTS, THIN_MIB

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lab import Host

# A machine that finds nothing to boot, and waits: a QEMU process like any other, without load.
DOMAIN = """<domain type='qemu'><name>{name}</name><metadata>{metadata}</metadata>
<memory unit='MiB'>16</memory><os><type arch='x86_64' machine='{machine}'>hvm</type></os><devices>{devices}
<controller type='usb' model='none'/><memballoon model='none'/></devices></domain>"""
OWNED = f"<v:virtcast xmlns:v='urn:virtcast:domain:1.0'><v:owner>{OWNER}</v:owner></v:virtcast>"
DISK = (
    "<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='{}'/>"
    "<target dev='vda' bus='virtio'/></disk>"
)
LINK = "<interface type='bridge'><mac address='{}'/><source bridge='lab0'/>{}</interface>"
NETWORK = "<network><name>{}</name><forward mode='bridge'/><bridge name='{}'/></network>"
DISK_MIB = 4


@contextmanager
def set_up(host: Host, folder: Path) -> Iterator[dict[str, RunningGuest]]:
    """The guests by name. `folder` is the host's and this machine's."""
    guests: dict[str, RunningGuest] = {}
    try:
        storage(host, folder)
        networks(host, folder)
        guests |= {each.name: each for each in host.start_all(BOOTED, wait=False)}
        guests |= {name: bare(host, folder, name, *what) for name, what in bare_guests(folder).items()}
        write(folder / "old.xml", domain("old", LINK.format(MAC, ""), machine=deprecated(host)))
        history(host)
        for guest in BOOTED:
            guests[guest.name].wait_until_booted()
        yield guests
    finally:
        for running in guests.values():
            running.destroy()
        for kind, names in (("net", ("stopped", "leased")), ("pool", ("stopped", "small"))):
            for name in names:
                host.virsh(f"{kind}-destroy", name)
                host.virsh(f"{kind}-undefine", name)


NAMES = (
    *(guest.name for guest in BOOTED),
    "crashed", "muted", "looping", "stuck", "paused", "linked", "old", "kept", "snapped",
)  # fmt: skip


def bare_guests(folder: Path) -> dict[str, tuple[str, str]]:
    """Devices and metadata of those that never boot, by name."""
    disks = {name: folder / f"{name}.qcow2" for name in ("kept", "snapped")}
    for path in disks.values():
        write_disk(path)
    return {
        **dict.fromkeys(("muted", "looping", "stuck", "paused"), ("", "")),
        **{name: (DISK.format(path), "") for name, path in disks.items()},
        "crashed": ("", OWNED),
        "linked": (LINK.format(MAC, "<target dev='link0'/>"), ""),
    }


def bare(host: Host, folder: Path, name: str, devices: str, metadata: str) -> RunningGuest:
    host.virsh("define", write(folder / f"{name}.xml", domain(name, devices, metadata)))
    host.virsh("start", name)
    return RunningGuest(Guest(name, agent=False), host, folder / name)


def domain(name: str, devices: str = "", metadata: str = "", machine: str = "pc") -> str:
    return DOMAIN.format(name=name, devices=devices, metadata=metadata, machine=machine)


def deprecated(host: Host) -> str:
    found = re.search(r"<machine [^>]*deprecated='yes'>(pc-i440fx[^<]*)<", host.virsh("capabilities"))
    assert found is not None
    return found[1]


def history(host: Host) -> None:
    """What is young today."""
    host.virsh("autostart", "crashed")
    host.virsh("checkpoint-create-as", "kept", "first")
    for name in SNAPSHOTS:
        host.virsh("snapshot-create-as", "snapped", name, "--disk-only")


def storage(host: Host, folder: Path) -> None:
    """Two file systems without much room, and pools: one of them is nearly full."""
    for name in ("small", "tiny", "roomy", "stopped"):
        (folder / name).mkdir()
    mount(host, folder / "small", f"{SMALL_MIB}M")
    mount(host, folder / "tiny", "1M")
    for name in ("small", "stopped"):
        host.virsh("pool-define-as", name, "dir", "--target", str(folder / name))
        host.virsh("pool-start", name)
        host.virsh("pool-autostart", name)
    host.virsh("vol-create-as", "small", "ballast", f"{BALLAST_MIB}M", "--format", "raw")
    host.virsh("vol-create-as", "small", "thin", f"{THIN_MIB}M", "--allocation", "0", "--format", "raw")
    (folder.parent / "images/writing-thin.raw").symlink_to(folder / "small/thin")  # the image of that guest


def networks(host: Host, folder: Path) -> None:
    for name, bridge in (("stopped", "lab1"), ("leased", "lab0")):
        host.virsh("net-define", write(folder / f"{name}-net.xml", NETWORK.format(name, bridge)))
        host.virsh("net-start", name)
        host.virsh("net-autostart", name)


def mount(host: Host, folder: Path, size: str) -> None:
    """A file system in memory, on the host only."""
    command = [*entering(host), "mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    subprocess.run(command, check=True)


def write_disk(path: Path) -> None:
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", str(path), f"{DISK_MIB}M"], check=True)
    subprocess.run(["qemu-io", "-c", f"write -q 0 {DISK_MIB}M", str(path)], check=True)


def write(path: Path, text: str) -> str:
    path.write_text(text)
    return str(path)
