"""What is done to a host before and after a command."""

from __future__ import annotations

import shlex
import subprocess
import time
from typing import TYPE_CHECKING

from lab import LabError
from lab.requirements import ENVIRONMENT

if TYPE_CHECKING:
    from collections.abc import Callable

    from ward.host import Ward

# A machine that finds nothing to boot, and waits: a QEMU process like any other, without load.
BARE = """<domain type='qemu'><name>{name}</name><memory unit='MiB'>32</memory><vcpu current='1'>4</vcpu>
<os><type arch='x86_64' machine='{machine}'>hvm</type></os><devices>
<disk type='file'><driver name='qemu' type='qcow2'/><source file='{image}'/>
<target dev='vda' bus='virtio'/></disk>
<interface type='bridge'><source bridge='lab0'/><target dev='{name}0'/></interface>
<watchdog model='i6300esb' action='pause'/>
<console type='pty'/><controller type='usb' model='none'/><memballoon model='none'/></devices></domain>"""
BOTH_WAIT = 4.0  # seconds after the guest runs on the other host; at once it fails two times of two
NETWORK = "<network><name>{name}</name><forward mode='bridge'/><bridge name='{bridge}'/></network>"


def told(*command: str) -> Callable[[Ward], str]:
    """A command of virsh's, to be run before or after."""
    return lambda ward: ward.virsh(*command)


def bare(name: str, machine: str = "pc") -> Callable[[Ward], None]:
    """A machine that waits, defined and started."""

    def make(ward: Ward) -> None:
        image, definition = ward.folder / f"{name}.qcow2", ward.folder / f"{name}.xml"
        subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", str(image), "4M"], check=True)
        definition.write_text(BARE.format(name=name, machine=machine, image=image))
        ward.virsh("define", str(definition))
        ward.virsh("start", name)

    return make


def gone(name: str) -> Callable[[Ward], None]:
    """The machine is no more, on either host."""

    def destroy(ward: Ward) -> None:
        for host in ward.lab.hosts:
            for command in (("destroy", name), ("undefine", name)):
                try:
                    host.virsh(*command)
                except LabError:
                    continue  # it is not there, or is no more by itself

    return destroy


def off(name: str) -> Callable[[Ward], None]:
    def make(ward: Ward) -> None:
        bare(name)(ward)
        ward.virsh("destroy", name)

    return make


def beside(ward: Ward, line: str) -> None:
    """A command that goes on beside what follows."""
    place = {"LIBVIRT_DEFAULT_URI": ward.host.uri}
    said = subprocess.PIPE
    running = subprocess.Popen(
        shlex.split(line), env=ENVIRONMENT | place, text=True, stdout=said, stderr=said
    )
    ward.begun.append(running)


def listening(ward: Ward, line: str) -> None:
    """The same for a command that waits for an event: it says nothing once it listens."""
    beside(ward, line)
    time.sleep(2)


def end(ward: Ward) -> str:
    """What it printed, when it has ended."""
    return ward.begun.pop().communicate(timeout=60)[0]


def defined_network(name: str, text: str) -> Callable[[Ward], None]:
    def define(ward: Ward) -> None:
        file = ward.folder / f"{name}-net.xml"
        file.write_text(text)
        ward.virsh("net-define", str(file))

    return define


def slow_migration(*flags: str) -> Callable[[Ward], None]:
    """The booted guest is on its way to the other host, for as long as nothing is done about it."""

    def begin(ward: Ward) -> None:
        address = f"--migrateuri unix://{ward.lab.root}/m-slow"
        command = f"virsh migrate --live --persistent --undefinesource {' '.join(flags)} ward --bandwidth 1"
        beside(ward, f"{command} {ward.lab.hosts[1].uri} --unsafe {address}")
        limit = time.monotonic() + 30
        while "Memory processed" not in ward.virsh("domjobinfo", "ward"):
            assert time.monotonic() < limit, "it does not begin"
            time.sleep(0.2)

    return begin


def interrupt(ward: Ward) -> None:
    """Post-copy is paused. Not at once: an interruption before both hosts wait for the end is one that
    libvirt 9 never hears of.
    """
    time.sleep(BOTH_WAIT)
    ward.virsh("domjobabort", "ward", "--postcopy")
    end(ward)


def come_back(ward: Ward) -> None:
    there = ward.lab.hosts[1]
    ward.booted.host = there
    ward.lab.migrate(ward.booted, to=ward.host)


def backed_up(ward: Ward) -> None:
    ward.virsh("backup-begin", "bare")
    limit = time.monotonic() + 30
    while "Backup" not in ward.virsh("domjobinfo", "bare", "--completed", "--keep-completed"):
        assert time.monotonic() < limit, "it does not end"
        time.sleep(0.3)


def put_clock_ahead(ward: Ward) -> None:
    """The agent runs hwclock where distributions have it."""
    ward.booted.output(f"ln -sf /bin/busybox /sbin/hwclock; date -s @{time.time() + 3600:.0f}")
