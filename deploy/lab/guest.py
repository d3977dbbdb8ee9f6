"""A guest as a value, and its domain XML."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from lab.requirements import LabError
from lab.workload import DiskFill, Workload

if TYPE_CHECKING:
    from pathlib import Path

    from lab.image import Image

CONTROL_PORT = "virtcast.control"
AGENT_PORT = "org.qemu.guest_agent.0"
BRIDGE = "lab0"
# Emulated, a guest that boots on a busy machine measures its TSC wrong, and its clock then runs many times
# too fast; QEMU drives the HPET by the host's clock.
# The last three shorten what an emulated kernel does until its first process: it tests no ciphers, clears no
# memory before its owner writes it, and waits for no grace period of RCU.
BOOT_ARGUMENTS = (
    "console=ttyS0 quiet panic=-1 mitigations=off random.trust_cpu=on clocksource=hpet no_timer_check "
    "cryptomgr.notests init_on_alloc=0 rcupdate.rcu_expedited=1"
)
# QEMU's default and an instruction for random numbers, for which a guest waits a second or two without it.
EMULATED_CPU = (
    "<cpu mode='custom' match='exact' check='none'><model fallback='forbid'>qemu64</model>"
    "<feature policy='require' name='rdrand'/></cpu>"
)


@dataclass(frozen=True, slots=True)
class Disk:
    """A virtio disk, formatted by the guest and mounted at /NAME."""

    name: str = "data"
    size_mib: int = 64
    format: str = "qcow2"


@dataclass(frozen=True, slots=True)
class Guest:
    """What to start. `balloon_period`: seconds, 0 = no balloon statistics.

    `metadata` is XML for <metadata>, `devices` for <devices>. `on_crash` is libvirt's action when it panics.
    """

    name: str
    memory_mib: int = 96
    vcpus: int = 1
    workload: Workload | tuple[Workload, ...] = ()
    disks: tuple[Disk, ...] = ()
    network: bool = True
    agent: bool = True
    balloon_period: int = 2
    paused: bool = False
    metadata: str = ""
    devices: str = ""
    on_crash: str = "destroy"

    @property
    def workloads(self) -> tuple[Workload, ...]:
        """The workloads, one or several."""
        return (self.workload,) if isinstance(self.workload, Workload) else self.workload

    @property
    def all_disks(self) -> tuple[Disk, ...]:
        """The disks asked for, and those a disk fill needs."""
        named = {disk.name for disk in self.disks}
        filled = dict.fromkeys(load.disk for load in self.workloads if isinstance(load, DiskFill))
        return self.disks + tuple(Disk(name) for name in filled if name not in named)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a guest is started: what the lab knows and the guest's description does not."""

    image: Image
    images: Path
    consoles: Path
    mac: str
    kvm: bool
    bridge: bool

    def disk_path(self, guest: Guest, disk: Disk) -> Path:
        """The image file; the same name on every host."""
        return self.images / f"{guest.name}-{disk.name}.{disk.format}"


def domain_xml(guest: Guest, place: Place) -> str:
    """The domain as libvirt takes it."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}", guest.name):
        raise LabError(f"not a name for a guest: {guest.name!r}")
    orders = "".join(f" virtcast.load={load.line()}" for load in guest.workloads)
    arguments = f"{BOOT_ARGUMENTS} virtcast.hostname={guest.name}{orders}"
    cpu = "<cpu mode='host-passthrough'/>" if place.kvm else EMULATED_CPU
    return f"""<domain type='{"kvm" if place.kvm else "qemu"}'>
  <name>{guest.name}</name>
  <metadata>{guest.metadata}</metadata>
  <memory unit='MiB'>{guest.memory_mib}</memory>
  <vcpu>{guest.vcpus}</vcpu>
  <os>
    <type arch='x86_64' machine='q35'>hvm</type>
    <kernel>{escape(str(place.image.kernel))}</kernel>
    <initrd>{escape(str(place.image.initrd))}</initrd>
    <cmdline>{escape(arguments)}</cmdline>
  </os>
  <features><acpi/></features>
  {cpu}
  <on_crash>{guest.on_crash}</on_crash>
  <devices>
    <controller type='usb' model='none'/>
{"".join(_devices(guest, place))}{guest.devices}  </devices>
</domain>"""


def _devices(guest: Guest, place: Place) -> list[str]:
    stats = f"<stats period='{guest.balloon_period}'/>" if guest.balloon_period else ""
    ports = [CONTROL_PORT, *([AGENT_PORT] if guest.agent else [])]
    disks = [_disk(disk, place.disk_path(guest, disk), index) for index, disk in enumerate(guest.all_disks)]
    interface = f"""    <interface type='bridge'>
      <mac address='{place.mac}'/><source bridge='{BRIDGE}'/><model type='virtio'/>
    </interface>
"""
    return [
        *disks,
        *([interface] if guest.network and place.bridge else []),
        *(f"    <channel type='unix'><target type='virtio' name='{port}'/></channel>\n" for port in ports),
        f"    <serial type='file'><source path={quoteattr(str(place.consoles / guest.name))}/></serial>\n",
        f"    <memballoon model='virtio'>{stats}</memballoon>\n",
    ]


def _disk(disk: Disk, path: Path, index: int) -> str:
    # The machine's page cache is shared by all hosts of the lab, so nothing is lost by never flushing it.
    return f"""    <disk type='file' device='disk'>
      <driver name='qemu' type='{disk.format}' cache='unsafe'/><source file={quoteattr(str(path))}/>
      <target dev='vd{chr(ord("a") + index)}' bus='virtio'/><serial>{escape(disk.name)}</serial>
    </disk>
"""
