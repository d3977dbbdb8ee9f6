"""A guest with a real LVM thin pool: this machine's kernel may lack the device mapper, a guest's has it.

LVM comes from Debian's packages as an archive on a disk of the guest; the pool stands on a loop device.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from lab.image import LATER_MODULES, download

if TYPE_CHECKING:
    from lab import RunningGuest

PACKAGES = ("lvm2", "libdevmapper-event1.02.1")
# Nobody manages devices in the guest, and the tools that check and repair metadata are not there.
LVM_CONF = """
activation { udev_sync = 0 udev_rules = 0 monitoring = 0 }
devices { obtain_device_list_from_udev = 0 use_devicesfile = 0 scan = [ "/dev" ] }
global { thin_check_executable = "" thin_dump_executable = "" thin_repair_executable = "" }
"""
MIB = 1 << 20
POOL_MIB, METADATA_MIB, VIRTUAL_MIB = 16, 2, 64


def archive(folder: Path) -> Path:
    """A tar archive of LVM, its libraries and its configuration, made in `folder`."""
    download(folder, *PACKAGES)
    for package in folder.glob("*.deb"):
        subprocess.run(("dpkg-deb", "--extract", str(package), str(folder / "packages")), check=True)
    tree = folder / "tree"
    libraries = tree / "lib/x86_64-linux-gnu"
    for path in (tree / "sbin", libraries, tree / "etc/lvm"):
        path.mkdir(parents=True)
    lvm = folder / "packages/sbin/lvm"
    shutil.copy(lvm, tree / "sbin/lvm")
    for command_name in ("lvs", "pvcreate", "vgcreate", "lvcreate", "lvchange", "vgchange"):
        (tree / "sbin" / command_name).symlink_to("lvm")
    search = {**os.environ, "LD_LIBRARY_PATH": str(folder / "packages/lib/x86_64-linux-gnu")}
    needed = subprocess.run(("ldd", str(lvm)), env=search, capture_output=True, text=True, check=True).stdout
    for library in re.findall(r"=> (/\S+)", needed):
        shutil.copy(Path(library).resolve(), libraries / Path(library).name)
    (tree / "etc/lvm/lvm.conf").write_text(LVM_CONF)
    target = folder / "lvm.tar"
    subprocess.run(("tar", "--create", f"--file={target}", f"--directory={tree}", "."), check=True)
    return target


def make_pool(guest: RunningGuest) -> None:
    """Unpack the archive on vdb and make the pool vg0/fast on a loop device, with a volume larger than it."""
    guest.output("tar -x -f /dev/vdb -C /")
    for module in LATER_MODULES:
        guest.output(f"insmod /modules/later/{module}.ko")
    guest.output(
        "dd if=/dev/zero of=/data/pv bs=1M count=0 seek=40 && losetup /dev/loop0 /data/pv && "
        "pvcreate -q /dev/loop0 && vgcreate -q -s 1m vg0 /dev/loop0"
    )
    guest.output(
        f"lvcreate -q --type thin-pool -L {POOL_MIB}m --poolmetadatasize {METADATA_MIB}m -n fast vg0 && "
        f"lvchange -q --errorwhenfull y vg0/fast && lvcreate -q --thin -V {VIRTUAL_MIB}m -n volume vg0/fast"
    )


def write(guest: RunningGuest, mib: int) -> None:
    """Write the first MiB of the volume; a full pool refuses some, and that is no error here."""
    guest.output(f"dd if=/dev/zero of=/dev/mapper/vg0-volume bs=1M count={mib} conv=fsync 2>&1; true")
